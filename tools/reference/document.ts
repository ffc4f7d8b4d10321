import { accessRules, type BootCondition } from '../../packages/chip/src/index.ts';
import {
  type CommandGroup,
  type CommandName,
  commands,
  FRAME_OVERHEAD,
  MESSAGE_MAX,
  PAYLOAD_DEFAULT,
  PAYLOAD_MAX,
  PROTOCOL_VERSION,
  statusNames,
} from '../../packages/link/src/index.ts';
import type { Example } from './examples.ts';
import { objectTables } from './objects.ts';
import * as prose from './prose.ts';

/** Writes `docs/reference/chip-protocol.md`: the tables from the codecs and the access rules, the bytes from a part. */

export type Notes = (command: CommandName) => ReadonlyMap<string, string>;

/** What the reference says of a command. */
interface Described {
  readonly name: string;
  readonly opcode: number;
  readonly summary: string;
  readonly request: { readonly layout: string };
  readonly result: { readonly layout: string };
}

const GROUPS: Readonly<Record<CommandGroup, string>> = {
  system: 'System',
  objects: 'Objects',
  maker: "The maker's step",
  provision: 'Provisioning',
  keys: 'Keys and certificates',
  boot: 'Secure boot',
  time: 'Time',
  tls: 'TLS',
  trace: 'Trace and log',
  pairing: 'Pairing',
};

const BOOT: Readonly<Record<BootCondition, string>> = {
  any: 'any',
  armed: 'armed by the reset line',
  measuring: 'measuring',
  passed: 'passed',
  'passed-for-device-key': "passed, where the policy uses the device's key",
  'passed-when-operational': 'passed, once operational',
};

export function protocolDocument(examples: readonly Example[], notes: Notes): string {
  const parts = [
    prose.head,
    prose.frames({ version: PROTOCOL_VERSION, overhead: FRAME_OVERHEAD, payload: PAYLOAD_DEFAULT, most: PAYLOAD_MAX }),
    prose.messages(MESSAGE_MAX),
    prose.notation,
    statusTable(),
    prose.lifeCycle,
    overview(),
    ...Object.entries(GROUPS).map(([group, title]) => groupSection(group as CommandGroup, title, notes)),
    `## Objects\n\n${prose.objects}\n\n${objectTables()}`,
    workedExamples(examples),
  ];
  return `${parts.join('\n\n')}\n`;
}

function statusTable(): string {
  const rows = statusNames.map((name, number) => [hexByte(number), `\`${name}\``, prose.statuses[name]]);
  return `## Statuses\n\n${prose.status}\n\n${table(['byte', 'status', 'the condition that failed'], rows)}`;
}

function overview(): string {
  const rows = names().map((name) => {
    const { name: title, opcode } = commands[name];
    const { lifeCycle, role, boot, pairing } = accessRules[name];
    return [hexByte(opcode), anchorOf(title), lifeCycle.join(', '), role, BOOT[boot], pairing ?? 'needed'];
  });
  return `## Access rules\n\n${prose.access}\n\n${table(['opcode', 'command', 'life cycle', 'role', 'boot', 'channel'], rows)}`;
}

function groupSection(group: CommandGroup, title: string, notes: Notes): string {
  const within = names().filter((name) => commands[name].group === group);
  return [`## ${title}`, ...within.map((name) => commandSection(name, notes(name)))].join('\n\n');
}

function commandSection(name: CommandName, notes: ReadonlyMap<string, string>): string {
  const command: Described = commands[name];
  return [
    `### ${command.name}`,
    `${command.summary} Opcode \`${hexByte(command.opcode)}\`.`,
    fieldTable('Request, after the opcode', 'request', command.request, notes),
    fieldTable('Result, after the status', 'result', command.result, notes),
  ].join('\n\n');
}

function fieldTable(
  title: string,
  side: string,
  field: { readonly layout: string },
  notes: ReadonlyMap<string, string>,
) {
  const shape = 'shape' in field ? (field.shape as Record<string, { layout: string }>) : { '': field };
  const rows = Object.entries(shape).map(([name, { layout }]) => [
    name === '' ? '(all)' : `\`${name}\``,
    `\`${layout.replaceAll('|', '\\|')}\``,
    notes.get(`${side}.${name}`) ?? '',
  ]);
  return rows.length === 0 ? `${title}: nothing.` : `${title}:\n\n${table(['field', 'layout', ''], rows)}`;
}

function workedExamples(examples: readonly Example[]): string {
  const sections = examples.map(({ title, steps }) =>
    [
      `### ${title}`,
      ...steps.map(({ to, from, says }) => `${says}\n\n\`\`\`text\nto    ${hex(to)}\nfrom  ${hex(from)}\n\`\`\``),
    ].join('\n\n'),
  );
  return [`## Worked examples\n\n${prose.examples}`, ...sections].join('\n\n');
}

function names(): CommandName[] {
  const all = Object.keys(commands) as CommandName[];
  return all.toSorted((a, b) => commands[a].opcode - commands[b].opcode);
}

function anchorOf(title: string): string {
  return `[${title}](#${title.toLowerCase()})`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replaceAll(/(..)(?=.)/g, '$1 ');
}
