import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { concatBytes } from '@keystile/bytes';
import { alertCodes, groupCodes } from '@keystile/tls/codec';
import { party, Talk } from '../../src/index.ts';

const honest = party();

describe('an honest flight of the hostile server', () => {
  it('connects, so that every refusal below has its own cause', () => {
    const talk = new Talk(honest);
    talk.say(talk.server.honestFlight());
    assert.equal(talk.client.status.phase, 'connected');
    talk.say(talk.server.seal('application_data', Uint8Array.of(1, 2, 3)));
    assert.deepEqual(Uint8Array.from(talk.client.readApplicationData(10)), Uint8Array.of(1, 2, 3));
    talk.client.write(Uint8Array.of(4, 5));
    talk.server.receive(talk.client.takeOutput());
    assert.deepEqual(Uint8Array.from(talk.server.speech.at(-1)?.bytes ?? []), Uint8Array.of(4, 5));
  });

  it('connects after a HelloRetryRequest with group and cookie, both of which come back', () => {
    const talk = new Talk(honest);
    const cookie = randomBytes(50);
    const { server } = talk;
    talk.say(server.plain('handshake', server.helloRetryRequest({ group: groupCodes['P-256'], cookie })));
    assert.deepEqual(server.hello.extensions.get('cookie'), Uint8Array.from(concatBytes(Uint8Array.of(0, 50), cookie)));
    talk.say(server.honestFlight());
    assert.equal(talk.client.status.phase, 'connected');
    assert.equal(talk.client.status.group, 'P-256');
    assert.deepEqual(
      server.speech.map(({ kind, name }) => name || kind),
      ['ClientHello', 'change-cipher-spec', 'ClientHello', 'Finished'],
    );
  });
});

describe('the end of the connection', () => {
  const closeNotify = Uint8Array.of(1, alertCodes.close_notify);

  it('is the close_notify: what follows it is ignored, whatever it is', () => {
    const talk = new Talk(honest);
    talk.say(talk.server.honestFlight());
    const last = talk.server.seal('application_data', Uint8Array.of(9));
    talk.say(concatBytes(last, talk.server.seal('alert', closeNotify), randomBytes(60)));
    talk.say(randomBytes(60));
    assert.equal(talk.client.failure, undefined);
    assert.equal(talk.client.status.peerClosed, true);
    assert.deepEqual([...talk.client.readApplicationData(10)], [9]);
    talk.client.write(Uint8Array.of(1));
    talk.client.transportEnded();
    assert.equal(talk.client.status.phase, 'closed');
  });

  for (const [name, ending, phase] of [
    ['with close_notify behind unread data is in order', closeNotify, 'closed'],
    ['without it, after unread data, is a failure that loses nothing of it', undefined, 'failed'],
  ] as const) {
    it(name, () => {
      const talk = new Talk(honest);
      talk.say(talk.server.honestFlight());
      talk.say(talk.server.seal('application_data', new Uint8Array(200_000)));
      if (ending !== undefined) talk.say(talk.server.seal('alert', ending));
      talk.client.transportEnded();
      assert.equal(talk.client.status.phase, 'connected');
      let length = 0;
      while (talk.client.readableBytes > 0) length += talk.client.readApplicationData(10_000).length;
      assert.equal(length, 200_000);
      assert.equal(talk.client.status.phase, phase);
    });
  }
});
