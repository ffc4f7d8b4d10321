/** `keystile chip …`: what the secure IC of the running system says, its pins, and parts of their own. */
import { askControl, type TamperCause } from '@keystile/link/node';
import { Option } from 'commander';
import { requireInstance } from '../home/instance.ts';
import type { HomePaths } from '../home/paths.ts';
import { type PartReport, reportPart } from '../product/part-report.ts';
import { confirm } from '../terminal/confirm.ts';
import { addChipNew } from './chip-new.ts';
import { addChipServe } from './chip-serve.ts';
import type { AddVerb, VerbContext } from './context.ts';

export const addChip: AddVerb = (program, context) => {
  const group = program.command('chip').description('the secure IC');
  group
    .command('info')
    .description('life cycle, boot, tamper, counters, time and certificate')
    .action(() => chipInfo(context()));
  group
    .command('tamper')
    .description('let the part see an attack: its keys are destroyed, for ever')
    .addOption(
      new Option('--cause <cause>', 'which sensor sees it').choices(['pin', 'glitch', 'temperature']).default('pin'),
    )
    .addOption(controlOption())
    .option('-y, --yes', 'do not ask')
    .action((flags: TamperFlags) => chipTamper(flags, context()));
  group
    .command('reset-line')
    .description('assert the reset line: ends every TLS session; the device has to boot again')
    .addOption(controlOption())
    .action((flags: PinFlags) => chipResetLine(flags, context()));
  addChipServe(group, context);
  addChipNew(group, context);
};

interface PinFlags {
  readonly control?: string;
}

interface TamperFlags extends PinFlags {
  readonly cause: TamperCause;
  readonly yes?: boolean;
}

function controlOption(): Option {
  return new Option('--control <path>', "pins of a part that chip serve runs (default: the running system's)");
}

/** The pins that were named, or those of the running system. */
async function pinsOf({ control }: PinFlags, paths: HomePaths): Promise<string> {
  if (control !== undefined) return control;
  await requireInstance(paths);
  return paths.controlSocket;
}

async function chipInfo({ output, json, paths: pathsOf }: VerbContext): Promise<void> {
  const paths = pathsOf();
  const { bus } = await requireInstance(paths);
  const report = await reportPart(paths, bus);
  if (json) output.json(report);
  else for (const line of describe(report, bus)) output.data(line);
}

async function chipTamper(flags: TamperFlags, { output, json, stdin, stderr, paths }: VerbContext): Promise<void> {
  const { cause, yes } = flags;
  const pins = await pinsOf(flags, paths());
  const question = 'This destroys the keys of the part; nothing brings them back. Go on?';
  await confirm(question, { yes: yes === true, input: stdin, output: stderr });
  await askControl(pins, { op: 'tamper', cause });
  const { serial, lifeCycle, tampered } = await askControl(pins, { op: 'status' });
  if (json) {
    output.json({ ok: true, cause, serial, lifeCycle, tampered });
    return;
  }
  output.data(`${serial} saw an attack (${cause}): life cycle ${lifeCycle}, keys destroyed, open TLS sessions ended.`);
  output.data(
    'It stays so across power loss. The broker will not see this device again; keystile reset makes a new one.',
  );
}

async function chipResetLine(flags: PinFlags, { output, json, paths }: VerbContext): Promise<void> {
  await askControl(await pinsOf(flags, paths()), { op: 'reset-line' });
  if (json) output.json({ ok: true });
  else
    output.data('The reset line was asserted: boot state cleared. The device authenticates again after it has booted.');
}

function describe(report: PartReport, bus: string): string[] {
  const { certificate } = report;
  const waits = report.throttled.map(({ command, waitSeconds }) => `; ${command} waits ${waitSeconds} s`).join('');
  return [
    `part           ${report.serial}, ${report.model}, version ${report.partVersion}, vault ${report.vault}, on ${bus}`,
    `life cycle     ${report.lifeCycle}${report.tampered ? ', TAMPERED' : ''}`,
    `boot           ${report.bootState}${report.bootArmed ? ' (armed: the reset line was asserted)' : ''}`,
    `health         ${report.errorState === '' ? 'self-tests pass' : `ERROR STATE, ${report.errorState}`}${waits}`,
    `firmware       version ${report.firmwareVersion}; older than ${report.firmwareVersionMin} is refused`,
    `configuration  version ${report.configurationVersion}; older than ${report.configurationVersionMin} is refused`,
    `time           ${report.now} (floor ${report.timeFloor})`,
    `certificate    ${certificate === undefined ? 'none' : `${certificate.subject}, ${certificate.daysLeft} days left`}`,
    `roots          digest ${report.anchorsDigest}`,
    `counters       ${report.bootCount} boots, NVM generation ${report.nvmGeneration}, ${report.sessionsOpen} TLS sessions open`,
    `custody        ${report.custody}`,
  ];
}
