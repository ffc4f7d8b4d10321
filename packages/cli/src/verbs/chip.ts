/** `keystile chip …`: what the secure IC of the running system says, and its pins. */
import { askControl, type TamperCause } from '@keystile/link/node';
import { Option } from 'commander';
import { requireInstance } from '../home/instance.ts';
import { type PartReport, reportPart } from '../product/part-report.ts';
import { confirm } from '../terminal/confirm.ts';
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
    .option('-y, --yes', 'do not ask')
    .action((flags: { cause: TamperCause; yes?: boolean }) => chipTamper(flags, context()));
  group
    .command('reset-line')
    .description('assert the reset line: ends every TLS session; the device has to boot again')
    .action(() => chipResetLine(context()));
};

async function chipInfo({ output, json, paths: pathsOf }: VerbContext): Promise<void> {
  const paths = pathsOf();
  const { bus } = await requireInstance(paths);
  const report = await reportPart(paths, bus);
  if (json) output.json(report);
  else for (const line of describe(report, bus)) output.data(line);
}

async function chipTamper(
  { cause, yes }: { cause: TamperCause; yes?: boolean },
  { output, json, stdin, stderr, paths: pathsOf }: VerbContext,
): Promise<void> {
  const paths = pathsOf();
  const { bus } = await requireInstance(paths);
  const question = 'This destroys the keys of the part; nothing brings them back. Go on?';
  await confirm(question, { yes: yes === true, input: stdin, output: stderr });
  await askControl(paths.controlSocket, { op: 'tamper', cause });
  const { serial, lifeCycle, tampered } = await reportPart(paths, bus);
  if (json) {
    output.json({ ok: true, cause, serial, lifeCycle, tampered });
    return;
  }
  output.data(`${serial} saw an attack (${cause}): life cycle ${lifeCycle}, keys destroyed, open TLS sessions ended.`);
  output.data(
    'It stays so across power loss. The broker will not see this device again; keystile reset makes a new one.',
  );
}

async function chipResetLine({ output, json, paths: pathsOf }: VerbContext): Promise<void> {
  const paths = pathsOf();
  await requireInstance(paths);
  await askControl(paths.controlSocket, { op: 'reset-line' });
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
