import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MqttError, PacketDecoder } from '../src/index.ts';
import { type Sequence, sequences, sequencesMissing } from './support/sequences.ts';
import { connectBytes, decodeAll } from './support/vectors.ts';

/**
 * What the public sequences say about the codec alone: what a broker must answer normally is read, and where the codec
 * refuses, its reason code is the one that the sequences expect in the last packet. Their broker half is not run here.
 */

const packetSizeMax = 2_000_000;
const DISCONNECT = 0xe0;
const CONNACK = 0x20;

/** The fault that ends the sequence, if the codec finds one, and whatever was to be received at its end. */
function run({ version, connects, steps }: Sequence): { readonly error?: MqttError; readonly answer?: Uint8Array } {
  const decoder = PacketDecoder.forServer(packetSizeMax);
  if (connects) decodeAll(decoder, [connectBytes(version === 3 ? 4 : version)]);
  for (const [at, sent] of steps.entries()) {
    if (sent.type !== 'send') continue;
    try {
      decodeAll(decoder, [sent.bytes]);
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      const answer = steps.slice(at + 1).find((step) => step.type === 'recv');
      return answer?.type === 'recv' ? { error, answer: answer.bytes } : { error };
    }
  }
  return {};
}

describe('public sequences', { skip: sequencesMissing }, () => {
  const all = sequences();

  it('are there in number', () => assert.ok(all.length > 1000, `${all.length} sequences`));

  it('are read where the broker must answer normally', () => {
    const open = all.filter(({ closes }) => !closes);
    assert.ok(open.length > 100, `${open.length} sequences`);
    for (const sequence of open) {
      const { error } = run(sequence);
      assert.equal(error, undefined, `${sequence.name}: ${error}`);
    }
  });

  it('are refused with the reason code of the last packet, or without one where none is expected', () => {
    let refused = 0;
    for (const sequence of all.filter(({ version, closes }) => version === 5 && closes)) {
      const { error, answer } = run(sequence);
      if (error === undefined) continue;
      refused += 1;
      assert.equal(error.reasonCode, reasonIn(answer), `${sequence.name}: ${error}`);
    }
    assert.ok(refused > 300, `${refused} refused`);
  });
});

function reasonIn(packet: Uint8Array | undefined): number | undefined {
  if (packet === undefined) return undefined;
  assert.ok(packet[0] === DISCONNECT || packet[0] === CONNACK);
  return packet[packet[0] === DISCONNECT ? 2 : 3];
}
