import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BytesError } from '@keystile/bytes';
import type { Command } from '../src/command.ts';
import type { Field, record } from '../src/fields.ts';
import {
  commands,
  decodeField,
  decodeRequest,
  decodeResponse,
  encodeAccepted,
  encodeRefused,
  encodeRequest,
} from '../src/index.ts';

const all = Object.entries(commands) as unknown as [string, Command<unknown, unknown>][];

test('every command has an opcode and a name of its own', () => {
  assert.equal(new Set(all.map(([, each]) => each.opcode)).size, all.length);
  assert.equal(new Set(all.map(([, each]) => each.name)).size, all.length);
});

/** A value that the layout allows, made from the layout's own text: obvious, and independent of the codecs. */
function example(field: Field<unknown>): unknown {
  if ('shape' in field) {
    const shape = (field as ReturnType<typeof record>).shape as Record<string, Field<unknown>>;
    return Object.fromEntries(Object.entries(shape).map(([name, each]) => [name, example(each)]));
  }
  const layout = field.layout;
  if (/^u\d+$/.test(layout)) return 7;
  if (layout === 'flag') return true;
  if (layout.startsWith('bytes[')) return new Uint8Array(Number(/\d+/.exec(layout)?.[0])).fill(5);
  if (layout.startsWith('bytes16')) return Uint8Array.of(1, 2, 3);
  if (layout.startsWith('text')) return 'grün';
  if (layout.startsWith('choice')) return /\(([^ |)]+)/.exec(layout)?.[1];
  if (layout.startsWith('list')) return [];
  if (layout.startsWith('optional')) return undefined;
  throw new Error(`no example for ${layout}`);
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, each) => (each instanceof Uint8Array ? [...each] : each)));
}

for (const [name, command] of all) {
  test(`${name}: what is encoded is decoded, both ways, and nothing may be missing or left over`, () => {
    const request = example(command.request);
    const bytes = encodeRequest(command, request);
    assert.equal(bytes[0], command.opcode);
    assert.deepEqual(plain(decodeRequest(command, bytes)), plain(request));
    const result = example(command.result);
    const response = encodeAccepted(command.result, result);
    assert.deepEqual(plain(decodeResponse(command.result, response)), plain({ kind: 'accepted', value: result }));
    for (const whole of [bytes, response]) {
      const decode = whole === bytes ? () => decodeRequest(command, cut) : () => decodeResponse(command.result, cut);
      let cut = Buffer.concat([whole, Uint8Array.of(0)]);
      assert.throws(decode, BytesError, 'a byte left over');
      for (let length = 1; length < whole.length; length++) {
        cut = Buffer.from(whole.subarray(0, length));
        assert.throws(decode, BytesError, `cut to ${length}`);
      }
    }
  });
}

test('a refusal carries condition, code and sentence, and a hostile sentence is cut, not lost', () => {
  const refusal = { status: 'boot', code: 'KS-C100', detail: 'ü'.repeat(2000) } as const;
  const decoded = decodeResponse(commands.info.result, encodeRefused(refusal));
  assert.equal(decoded.kind, 'refused');
  if (decoded.kind !== 'refused') return;
  assert.equal(decoded.refusal.status, 'boot');
  assert.match(decoded.refusal.detail, /^ü{350}$/);
});

test('a flag that is neither 0 nor 1 and a choice that is none are refused', () => {
  assert.throws(() => decodeField(commands.provisionLock.request, Uint8Array.of(2, 0, 0, 0, 0)), BytesError);
  assert.throws(() => decodeField(commands.generate.request, Uint8Array.of(9)), BytesError);
});
