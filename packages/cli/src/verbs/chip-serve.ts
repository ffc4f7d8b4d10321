/** `keystile chip serve`: a virtual part, or many, in a process of its own, until Ctrl-C. */
import {
  PARTS_MAX,
  type PartProcess,
  type ServedPart,
  spawnPart,
  type TimingProfile,
  timingProfileNames,
} from '@keystile/chip/node';
import { KeystileError } from '@keystile/errors';
import { parseBusFaults } from '@keystile/link/node';
import { Option } from 'commander';
import { parseNumber } from '../mqtt/flags.ts';
import { listenForInterruption } from '../processes/interruption.ts';
import type { AddVerb, VerbContext } from './context.ts';

interface ServeFlags {
  readonly nvm: string;
  readonly fuse: string;
  readonly socket: string;
  readonly control: string;
  readonly profile: TimingProfile;
  readonly busFaults?: string;
  readonly cutPowerAtWrite?: number;
  readonly parts?: number;
}

export const addChipServe: AddVerb = (group, context) => {
  group
    .command('serve')
    .description('run a virtual part in a process of its own, until Ctrl-C')
    .requiredOption('--nvm <folder>', 'its memory; made when missing')
    .requiredOption('--fuse <file>', 'its fuses, outside that folder; made when missing')
    .requiredOption('--socket <path>', 'its bus')
    .requiredOption('--control <path>', 'its pins: reset line, tamper sensors, power')
    .addOption(
      new Option('--profile <part>', 'take as long as this real part').choices([...timingProfileNames]).default('none'),
    )
    .option('--bus-faults <rates>', 'disturb the bus, such as seed=7,flip=0.01,drop=0.001', checkedFaults)
    .option('--cut-power-at-write <k>', 'cut the power in the middle of this write to its memory', wholeNumber)
    .option('--parts <n>', 'many parts in the process, with .1, .2 … behind each path', parseNumber(1, PARTS_MAX))
    .action((flags: ServeFlags) => chipServe(flags, context()));
};

const wholeNumber = parseNumber(1, Number.MAX_SAFE_INTEGER);

/** Refused here and not when the part starts. */
function checkedFaults(text: string): string {
  parseBusFaults(text);
  return text;
}

async function chipServe(flags: ServeFlags, { output, json }: VerbContext): Promise<void> {
  const interruption = listenForInterruption();
  try {
    const part = await spawnPart({
      nvmFolder: flags.nvm,
      fuseFile: flags.fuse,
      busPath: flags.socket,
      controlPath: flags.control,
      profile: flags.profile,
      ...(flags.busFaults !== undefined && { busFaults: flags.busFaults }),
      ...(flags.cutPowerAtWrite !== undefined && { cutPowerAtWrite: flags.cutPowerAtWrite }),
      ...(flags.parts !== undefined && { parts: flags.parts }),
      log: (line) => output.say(line),
    });
    if (json) output.json(runningDocument(part, flags.profile));
    else for (const each of part.parts) output.data(describe(each, flags.profile));
    await Promise.race([interruption.requested, failureOf(part)]);
    await part.stop();
  } finally {
    interruption.forget();
  }
}

/** Ctrl-C reaches the part too, which ends in order then. */
async function failureOf(part: PartProcess): Promise<void> {
  const { code, signal } = await part.exited;
  if (code === 0) return;
  throw new KeystileError('KS-U130', `its process ended with ${signal ?? `exit code ${code}`}`);
}

function describe({ busPath, controlPath, fault }: ServedPart, profile: TimingProfile): string {
  const pace = profile === 'none' ? 'its own pace' : `the pace of ${profile}`;
  const state = fault === undefined ? 'ready' : `refuses every command: ${fault.message}`;
  return `bus ${busPath}, control ${controlPath}, ${pace}: ${state}`;
}

function runningDocument({ pid, parts }: PartProcess, profile: TimingProfile): object {
  return {
    ok: true,
    pid,
    profile,
    parts: parts.map(({ busPath, controlPath, fault }) => ({
      socket: busPath,
      control: controlPath,
      ...(fault && { fault: { code: fault.code, cause: fault.detail } }),
    })),
  };
}
