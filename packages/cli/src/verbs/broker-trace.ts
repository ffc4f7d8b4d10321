/** `keystile broker trace --identity X`: what one identity and the broker say to each other, packet by packet. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { KeystileError } from '@keystile/errors';
import type { Command } from 'commander';
import type { JsonLine } from '../processes/program.ts';
import type { VerbContext } from './context.ts';

interface TraceFlags {
  readonly identity: string;
  readonly socket?: string;
  readonly count?: string;
}

/** Hangs the verb under the group `broker`. */
export function addBrokerTrace(group: Command, context: () => VerbContext): void {
  group
    .command('trace')
    .description('show the packets of an identity: kinds, topics, sizes and reason codes, never what they carry')
    .requiredOption('--identity <urn>', 'urn:keystile:<fleet>:<role>:<id>')
    .option('--socket <path>', "the broker's control socket (default: that of the running system)")
    .option('-C, --count <n>', 'end after so many lines')
    .action((flags: TraceFlags) => brokerTrace(flags, context()));
}

async function brokerTrace(flags: TraceFlags, { output, json, paths }: VerbContext): Promise<void> {
  const path = flags.socket ?? paths().brokerControlSocket;
  let left = countOf(flags.count);
  const socket = await dial(path);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  try {
    socket.write(`${JSON.stringify({ op: 'trace', identity: flags.identity })}\n`);
    const answer = parsed(await lines.next());
    if (answer?.ok !== true) throw unreachable(path, `${answer?.code ?? 'no answer'}: ${answer?.detail ?? ''}`);
    output.say(`Watching ${flags.identity}; Ctrl-C ends it.`);
    while (left > 0) {
      const line = parsed(await lines.next());
      if (line === undefined) throw unreachable(path, 'the broker has gone');
      if (json) output.json(line);
      else output.data(describe(line));
      left -= 1;
    }
  } finally {
    socket.destroy();
  }
}

function countOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new KeystileError('KS-U100', `--count is no number of lines: ${text}`);
  return Number(text);
}

async function dial(path: string): Promise<Socket> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
  } catch (cause) {
    throw unreachable(path, cause instanceof Error ? cause.message : String(cause));
  }
  // The end of the lines tells as much.
  socket.on('error', () => undefined);
  return socket;
}

function parsed({ value, done }: IteratorResult<string>): JsonLine | undefined {
  return done === true ? undefined : (JSON.parse(value) as JsonLine);
}

const arrows: Readonly<Record<string, string>> = { in: '-->', out: '<--', none: '---' };

/** One line: when, which way, what, and the fields that its kind has. */
function describe({ at, remote, direction, kind, ...fields }: JsonLine): string {
  const shown = Object.entries(fields).map(
    ([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : value}`,
  );
  return [at, remote, arrows[String(direction)], String(kind).toUpperCase(), ...shown].join(' ');
}

function unreachable(path: string, why: string): KeystileError {
  return new KeystileError('KS-U140', `${path}: ${why}`);
}
