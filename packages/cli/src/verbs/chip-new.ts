/** `keystile chip new`: the maker's step on a part that nobody has made yet. */
import { authorityFolder, makePart, openFleet, Registry, registryPath } from '@keystile/authority';
import { openPart } from '@keystile/device';
import { newSerial, PART_MODEL } from '../product/part.ts';
import type { AddVerb, VerbContext } from './context.ts';

interface NewFlags {
  readonly socket: string;
  readonly bus: string;
  readonly serial?: string;
  readonly model: string;
  readonly authority?: string;
}

export const addChipNew: AddVerb = (group, context) => {
  group
    .command('new')
    .description("the maker's step: serial number, model and a certified attestation key, made in the part")
    .requiredOption('--socket <path>', 'bus of the part: a socket, /dev/spidevB.C')
    .option('--bus <bus>', 'which bus, and its clock', 'spi:10MHz')
    .option('--serial <serial>', 'serial number (default: a random one)')
    .option('--model <model>', 'what boot manifests are signed for', PART_MODEL)
    .option('--authority <folder>', "where the maker CA and the registry lie (default: the home's)")
    .action((flags: NewFlags) => chipNew(flags, context()));
};

async function chipNew(flags: NewFlags, { output, json, paths }: VerbContext): Promise<void> {
  const folder = flags.authority ?? authorityFolder(paths().home);
  const fleet = await openFleet(folder);
  const registry = await Registry.open(registryPath(folder));
  const part = await openPart({ path: flags.socket, bus: flags.bus });
  try {
    const { serial = newSerial(), model } = flags;
    const made = await makePart(part, { fleet, registry, serial, model, now: Date.now });
    if (json) output.json({ ok: true, ...made });
    else output.data(`${made.serial}, ${made.model}: made; its attestation key is ${made.attestationKey}`);
  } finally {
    part.close();
  }
}
