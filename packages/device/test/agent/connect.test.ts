import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ConnectPacket, encodePacket, parseTopicName } from '@keystile/mqtt';
import { forwardConnect, readConnect } from '../../src/agent/connect.ts';

const topic = parseTopicName('t/will');
if (topic === undefined) throw new TypeError('no topic');
const full = (version: 4 | 5): ConnectPacket => ({
  kind: 'connect',
  version,
  cleanStart: true,
  keepAliveSeconds: 30,
  clientId: 'script',
  will: {
    topic,
    payload: Uint8Array.of(1, 2),
    qos: 1,
    retain: true,
    properties: version === 5 ? { willDelayInterval: 5 } : {},
  },
  userName: 'node-red',
  password: Uint8Array.of(3, 4),
  properties: version === 5 ? { receiveMaximum: 10, userProperties: [['a', 'b']] } : {},
});
const rules = { deviceId: 'ac-1', addsEvidence: true, takesCredentials: false };

function forwarded(packet: ConnectPacket, changes: Partial<typeof rules> = {}): [ConnectPacket, boolean] {
  const raw = encodePacket(packet, packet.version);
  const { bytes, answersAuth } = forwardConnect(raw, readConnect(raw), { ...rules, ...changes });
  return [readConnect(bytes), answersAuth];
}

describe('CONNECT on its way to the broker', () => {
  it('is what it was, but for the method of version 5 and the client id below the device', () => {
    for (const version of [4, 5] as const) {
      const [packet, answersAuth] = forwarded(full(version));
      assert.equal(answersAuth, version === 5);
      const { properties } = full(version);
      const method = version === 5 ? { authenticationMethod: 'keystile-evidence-1' } : {};
      assert.deepEqual(
        JSON.stringify({ ...packet, properties: {} }),
        JSON.stringify({ ...asRead(full(version)), clientId: 'ac-1/script', properties: {} }),
      );
      assert.deepEqual({ ...packet.properties }, { ...properties, ...method });
    }
  });

  it('keeps a client id that is empty or the own one of the device', () => {
    for (const clientId of ['', 'ac-1', 'ac-1/x'])
      assert.equal(forwarded({ ...full(5), clientId })[0].clientId, clientId);
    assert.equal(forwarded({ ...full(5), clientId: 'ac-12' })[0].clientId, 'ac-1/ac-12');
  });

  it('goes without the credentials that were for the agent', () => {
    for (const version of [4, 5] as const) {
      const [{ userName, password, will }] = forwarded(full(version), { takesCredentials: true });
      assert.deepEqual([userName, password, will?.qos], [undefined, undefined, 1]);
    }
  });

  it("is untouched with a method of the client's own, but for the agent's secret", () => {
    const properties = { authenticationMethod: 'SCRAM-SHA-256', authenticationData: Uint8Array.of(9) };
    const raw = encodePacket({ ...full(5), properties }, 5);
    const { bytes, answersAuth } = forwardConnect(raw, readConnect(raw), rules);
    assert.equal(bytes, raw);
    assert.equal(answersAuth, false);
    const [packet] = forwarded({ ...full(5), properties }, { takesCredentials: true });
    assert.equal(packet.properties.authenticationMethod, 'SCRAM-SHA-256');
    assert.deepEqual([packet.userName, packet.password, packet.clientId], [undefined, undefined, 'script']);
  });

  it('that is none is a coded fault, whatever it is', () => {
    const raw = encodePacket(full(5), 5);
    assert.throws(() => readConnect(Uint8Array.of(0xc0, 0)), { code: 'KS-D133' });
    for (let at = 2; at < raw.length; at++) {
      const changed = raw.slice();
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      try {
        readConnect(changed);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'KS-D133', `byte ${at}`);
      }
    }
  });
});

/** As the codec gives it back. */
function asRead(packet: ConnectPacket): ConnectPacket {
  return readConnect(encodePacket(packet, packet.version));
}
