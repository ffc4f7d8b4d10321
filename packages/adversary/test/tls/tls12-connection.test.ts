import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { concatBytes } from '@keystile/bytes';
import { alertCodes } from '@keystile/tls/codec';
import { party, Tls12Talk } from '../../src/index.ts';

const honest = party();

describe('records of a TLS 1.2 connection', () => {
  it('hold up to 2^14 bytes', () => {
    const talk = new Tls12Talk(honest);
    talk.connect();
    talk.say(talk.server.seal('application_data', new Uint8Array(16_384)));
    assert.equal(talk.client.readableBytes, 16_384);
  });
});

describe('a wish to renegotiate', () => {
  it('is declined with a warning, and the connection goes on', () => {
    const talk = new Tls12Talk(honest);
    talk.connect();
    talk.say(talk.server.seal('handshake', talk.server.helloRequest()));
    assert.deepEqual(talk.server.alerts, [{ name: 'no_renegotiation', isProtected: true }]);
    assert.deepEqual([...(talk.server.speech.at(-1)?.bytes ?? [])], [1, alertCodes.no_renegotiation]);
    talk.say(talk.server.seal('application_data', Uint8Array.of(7)));
    assert.deepEqual([...talk.client.readApplicationData(1)], [7]);
    assert.equal(talk.client.status.phase, 'connected');
  });

  it('is declined as often as it comes between data', () => {
    const talk = new Tls12Talk(honest);
    talk.connect();
    for (let i = 0; i < 50; i++) {
      talk.say(talk.server.seal('handshake', talk.server.helloRequest()));
      talk.say(talk.server.seal('application_data', Uint8Array.of(i)));
    }
    assert.equal(talk.client.status.phase, 'connected');
    assert.equal(talk.server.alerts.length, 50);
  });

  it('that comes again and again without data ends the connection', () => {
    const talk = new Tls12Talk(honest);
    talk.connect();
    for (let i = 0; i < 10; i++) talk.say(talk.server.seal('handshake', talk.server.helloRequest()));
    assert.equal(talk.client.failure?.code, 'KS-T118');
    assert.deepEqual(
      talk.server.alerts.map(({ name }) => name),
      [...Array<string>(4).fill('no_renegotiation'), 'unexpected_message'],
    );
  });
});

describe('alerts in a TLS 1.2 connection', () => {
  it('that are warnings are let pass, a few', () => {
    const talk = new Tls12Talk(honest);
    talk.connect();
    for (let i = 0; i < 4; i++) {
      talk.say(talk.server.seal('alert', Uint8Array.of(1, alertCodes.unrecognized_name)));
      assert.equal(talk.client.status.phase, 'connected');
    }
    talk.say(talk.server.seal('alert', Uint8Array.of(1, alertCodes.unrecognized_name)));
    assert.equal(talk.client.failure?.code, 'KS-T118');
  });

  it('that are fatal end it, whatever they are', () => {
    for (const name of Object.keys(alertCodes) as (keyof typeof alertCodes)[]) {
      if (name === 'close_notify' || name === 'user_canceled') continue;
      const talk = new Tls12Talk(honest);
      talk.connect();
      talk.say(talk.server.seal('alert', Uint8Array.of(2, alertCodes[name])));
      assert.equal(talk.client.status.phase, 'failed', name);
      assert.deepEqual(talk.server.alerts, []);
    }
  });

  it('tell a client that showed no certificate what was missing', () => {
    const talk = new Tls12Talk(honest);
    talk.say(talk.server.honestFlight({ requestCertificate: true }));
    talk.say(talk.server.plain('alert', Uint8Array.of(2, alertCodes.handshake_failure)));
    assert.equal(talk.client.failure?.code, 'KS-T105');
    assert.match(talk.client.failure?.detail ?? '', /demands a client certificate and got none/);
  });

  it('that do not come, when the transport just ends after the answer, leave the likely cause', () => {
    const talk = new Tls12Talk(honest);
    talk.say(talk.server.honestFlight({ requestCertificate: true }));
    talk.client.transportEnded();
    assert.equal(talk.client.failure?.code, 'KS-T119');
    assert.match(talk.client.failure?.detail ?? '', /may have refused this part's certificate/);
    const early = new Tls12Talk(honest);
    early.sayPlain(early.server.serverHello());
    early.client.transportEnded();
    assert.doesNotMatch(early.client.failure?.detail ?? '', /certificate/);
  });

  it('about the end are answered, once, and nothing is said after them', () => {
    const talk = new Tls12Talk(honest);
    talk.connect();
    const last = talk.server.seal('application_data', Uint8Array.of(9));
    talk.say(concatBytes(last, talk.server.seal('alert', Uint8Array.of(1, 0)), randomBytes(60)));
    assert.equal(talk.client.status.peerClosed, true);
    assert.deepEqual(talk.server.alerts, [{ name: 'close_notify', isProtected: true }]);
    assert.deepEqual([...talk.client.readApplicationData(10)], [9]);
    assert.throws(() => talk.client.write(Uint8Array.of(1)), { code: 'KS-T130' });
    talk.client.close();
    assert.equal(talk.client.outputBytes, 0);
    assert.equal(talk.client.status.phase, 'closed');
  });
});
