import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reason, type ReasonName } from '../src/index.ts';
import { isReasonOf } from '../src/reason-code.ts';

/** MQTT 5.0 §3.x.2.1 of each packet, written down a second time. */
const ofPacket = {
  connack: '00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f',
  puback: '00 10 80 83 87 90 91 97 99',
  pubrec: '00 10 80 83 87 90 91 97 99',
  pubrel: '00 92',
  pubcomp: '00 92',
  suback: '00 01 02 80 83 87 8f 91 97 9e a1 a2',
  unsuback: '00 11 80 83 87 8f 91',
  disconnect: '00 04 80 81 82 83 87 89 8b 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2',
  auth: '00 18 19',
} as const;

describe('reason codes', () => {
  for (const packet of Object.keys(ofPacket) as (keyof typeof ofPacket)[]) {
    it(`of ${packet.toUpperCase()} are those of its section, of all 256`, () => {
      const codes = Array.from({ length: 256 }, (_, code) => code).filter((code) => isReasonOf(packet, code));
      assert.equal(codes.map((code) => code.toString(16).padStart(2, '0')).join(' '), ofPacket[packet]);
    });
  }

  it('all have a name, and each a packet', () => {
    for (const name of Object.keys(Reason) as ReasonName[]) {
      const hex = Reason[name].toString(16).padStart(2, '0');
      assert.ok(
        Object.values(ofPacket).some((codes) => codes.split(' ').includes(hex)),
        name,
      );
    }
  });
});
