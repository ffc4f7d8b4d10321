import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { concatBytes, encodeUtf8, fromHex } from '@keystile/bytes';
import type { ProtocolVersion } from '../../src/index.ts';

/** Public packet sequences, read from the vectors' folder; their shape is described in the README there. */

const folder: string = resolve(
  process.env.KEYSTILE_VECTORS ?? resolve(import.meta.dirname, '../../../../../shared/vectors'),
  'mqtt-sequences',
);
/** Why the sequences are not run, or false. */
export const sequencesMissing = existsSync(folder) ? false : `no sequences at ${folder} (set KEYSTILE_VECTORS)`;

interface Settings {
  readonly ver?: ProtocolVersion | 3;
  readonly connect?: boolean;
  readonly expect_disconnect?: boolean;
}

interface Message {
  readonly type: string;
  readonly payload?: string;
  readonly topic?: string;
  readonly qos?: 0 | 1 | 2;
}

export type Step =
  | { readonly type: 'send' | 'recv'; readonly bytes: Uint8Array }
  /** By another client. */
  | { readonly type: 'external_publish'; readonly topic: string; readonly qos: 0 | 1 | 2; readonly payload: string };

export interface Sequence {
  readonly name: string;
  /** File and name of its group. */
  readonly group: string;
  /** 3: MQTT 3.1. */
  readonly version: ProtocolVersion | 3;
  /** The test's own name, which is the client id of its CONNECT. */
  readonly test: string;
  /** Whether a CONNECT comes before it. */
  readonly connects: boolean;
  /** Whether the connection is closed after it. */
  readonly closes: boolean;
  readonly steps: readonly Step[];
}

export function sequences(from: string = folder): readonly Sequence[] {
  if (!existsSync(from)) return [];
  return readdirSync(from)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .flatMap((file) =>
      groupsOf(resolve(from, file)).flatMap((group) =>
        group.tests.map((test) => sequence(`${file} ${group.group}`, group, test)),
      ),
    );
}

interface Test extends Settings {
  readonly name: string;
  readonly msgs: readonly Message[];
}

type Group = Settings & { readonly group: string; readonly tests: readonly Test[] };

function groupsOf(file: string): readonly Group[] {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function sequence(title: string, group: Settings, test: Test): Sequence {
  return {
    name: `${title}: ${test.name}`,
    group: title,
    test: test.name,
    version: test.ver ?? group.ver ?? 4,
    connects: test.connect ?? group.connect ?? true,
    closes: test.expect_disconnect ?? group.expect_disconnect ?? true,
    steps: test.msgs.map(step),
  };
}

function step({ type, payload = '', topic = '', qos = 0 }: Message): Step {
  switch (type) {
    case 'send':
    case 'recv':
      return { type, bytes: bytesOfTokens(payload) };
    case 'external_publish':
      return { type, topic, qos, payload };
    default:
      throw new TypeError(`a message of type ${type}`);
  }
}

/** Blank-separated tokens: hexadecimal, quoted text, or a letter for the width of the decimal number behind it. */
function bytesOfTokens(payload: string): Uint8Array {
  const parts = payload.match(/'[^']*'|\S+/g) ?? [];
  return concatBytes(...parts.map(bytesOfToken));
}

function bytesOfToken(token: string): Uint8Array {
  if (token.startsWith("'")) return encodeUtf8(token.slice(1, -1));
  const number = Number(token.slice(1));
  switch (token[0]) {
    case 'r':
    case 'v':
      return variable(number);
    case 'm':
    case 'k':
    case 's':
    case 'H':
      return Uint8Array.of(number >> 8, number & 0xff);
    case 'i':
      return Uint8Array.of(number);
    case 'L':
      return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
    default:
      return fromHex(token.toLowerCase());
  }
}

/** Without a limit: the sequences also have an integer of five bytes. */
function variable(value: number): Uint8Array {
  const low = value % 0x80;
  return value < 0x80 ? Uint8Array.of(low) : concatBytes(Uint8Array.of(low | 0x80), variable(Math.floor(value / 0x80)));
}
