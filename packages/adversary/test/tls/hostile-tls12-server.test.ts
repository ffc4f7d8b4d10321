import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { concatBytes } from '@keystile/bytes';
import { encodeRecordSizeLimit } from '@keystile/tls/codec';
import { acknowledgement, extension, party, Tls12Talk } from '../../src/index.ts';

const honest = party();

describe('an honest flight of the hostile TLS 1.2 server', () => {
  for (const group of ['X25519', 'P-256'] as const) {
    it(`connects over ${group}, so that every refusal below has its own cause`, () => {
      const talk = new Tls12Talk(honest, { group });
      talk.connect();
      assert.equal(talk.client.status.phase, 'connected', String(talk.client.failure));
      assert.equal(talk.client.status.protocol, 'TLSv1.2');
      assert.equal(talk.client.status.group, group);
      talk.say(talk.server.seal('application_data', Uint8Array.of(1, 2, 3)));
      assert.deepEqual([...talk.client.readApplicationData(10)], [1, 2, 3]);
      talk.client.write(Uint8Array.of(4, 5));
      talk.server.receive(talk.client.takeOutput());
      assert.deepEqual([...(talk.server.speech.at(-1)?.bytes ?? [])], [4, 5]);
      assert.deepEqual(
        talk.server.speech.map(({ kind, name, isProtected }) => `${name || kind}${isProtected ? ' protected' : ''}`),
        ['ClientHello', 'ClientKeyExchange', 'change-cipher-spec', 'Finished protected', 'application-data protected'],
      );
    });
  }

  it('hands a stapled OCSP answer to the verifier, with the chain it belongs to', () => {
    const talk = new Tls12Talk(honest, { policy: { requestOcsp: true } });
    const { server } = talk;
    const response = randomBytes(200);
    talk.sayPlain(server.serverHello({ more: [acknowledgement('status_request')] }));
    talk.sayPlain(server.certificate());
    assert.equal(talk.verified.length, 0);
    talk.sayPlain(server.certificateStatus(response));
    assert.deepEqual(talk.verified[0]?.stapledOcsp, Uint8Array.from(response));
    talk.sayPlain(concatBytes(server.serverKeyExchange(), server.serverHelloDone()));
    talk.say(server.honestEnd());
    assert.equal(talk.client.status.phase, 'connected', String(talk.client.failure));
  });

  it('may promise an OCSP answer and have none: the verifier is told so', () => {
    const talk = new Tls12Talk(honest, { policy: { requestOcsp: true } });
    const { server } = talk;
    talk.sayPlain(server.serverHello({ more: [acknowledgement('status_request')] }));
    talk.sayPlain(concatBytes(server.certificate(), server.serverKeyExchange(), server.serverHelloDone()));
    assert.equal(talk.verified.length, 1);
    assert.equal(talk.verified[0]?.stapledOcsp, undefined);
    talk.say(server.honestEnd());
    assert.equal(talk.client.status.phase, 'connected', String(talk.client.failure));
  });

  it('is answered with record sizes that both keep: the type byte does not count', () => {
    const talk = new Tls12Talk(honest, { policy: { recordSizeLimit: 600 } });
    const { server } = talk;
    const granted = extension('record_size_limit', encodeRecordSizeLimit(100));
    const first = [server.serverHello({ more: [granted] }), server.certificate(), server.serverKeyExchange()];
    // RFC 8449 §4: what is not protected may be larger.
    talk.sayPlain(concatBytes(...first, server.serverHelloDone()));
    talk.say(server.honestEnd());
    assert.equal(talk.client.status.phase, 'connected', String(talk.client.failure));
    talk.client.write(new Uint8Array(250));
    assert.equal(talk.client.outputBytes, 250 + 3 * (5 + 8 + 16));
    talk.say(server.seal('application_data', new Uint8Array(600)));
    assert.equal(talk.client.readableBytes, 600);
    talk.say(server.seal('application_data', new Uint8Array(601)));
    assert.equal(talk.client.failure?.code, 'KS-T116');
  });
});

describe("the server's Finished", () => {
  it('is what application data waits for: until then none can be written', () => {
    const talk = new Tls12Talk(honest);
    talk.say(talk.server.honestFlight());
    assert.throws(() => talk.client.write(Uint8Array.of(1)), { code: 'KS-T130' });
    assert.throws(() => talk.client.exporter('EXPORTER-x', new Uint8Array(0), 32), { code: 'KS-T130' });
    talk.say(talk.server.honestEnd());
    talk.client.write(Uint8Array.of(1));
  });
});
