import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alertCodes, encodeKeyUpdate } from '@keystile/tls/codec';
import { party, Talk, type TalkOptions } from '../../src/index.ts';

const honest = party();
const requested = encodeKeyUpdate({ updateRequested: true });
const notRequested = encodeKeyUpdate({ updateRequested: false });

function connect(options: TalkOptions = {}): Talk {
  const talk = new Talk(honest, options);
  talk.say(talk.server.honestFlight());
  assert.equal(talk.client.status.phase, 'connected');
  return talk;
}

/** The server updates its own keys. */
function update(talk: Talk, message: Uint8Array): void {
  talk.say(talk.server.seal('handshake', message));
  talk.server.useNextKeys();
}

function send(talk: Talk, text: string): void {
  talk.client.write(Buffer.from(text));
  talk.server.receive(talk.client.takeOutput());
}

const updatesSent = (talk: Talk): number => talk.server.speech.filter(({ name }) => name === 'KeyUpdate').length;

function dataSeen(talk: Talk): string {
  const data = talk.server.speech.filter(({ kind }) => kind === 'application-data');
  return Buffer.concat(data.map(({ bytes }) => bytes)).toString();
}

describe('KeyUpdate', () => {
  it('both ways, three hundred generations with data between them', () => {
    const talk = connect();
    let expected = '';
    for (let i = 0; i < 300; i++) {
      if (i % 3 === 0) talk.client.updateKeys();
      if (i % 2 === 0) update(talk, i % 4 === 0 ? requested : notRequested);
      send(talk, `${i};`);
      expected += `${i};`;
      talk.say(talk.server.seal('application_data', Buffer.from(`reply ${i};`)));
      assert.equal(Buffer.from(talk.client.readApplicationData(100)).toString(), `reply ${i};`);
    }
    assert.equal(dataSeen(talk), expected);
    assert.equal(talk.client.failure, undefined);
  });

  for (const suite of ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_CCM_SHA256'] as const) {
    it(`under ${suite}`, () => {
      const talk = connect({ suite });
      for (let i = 0; i < 5; i++) {
        update(talk, requested);
        send(talk, `${i}`);
      }
      assert.equal(dataSeen(talk), '01234');
      assert.equal(updatesSent(talk), 5);
    });
  }

  it('is answered before the next data, once however many asked for it', () => {
    const talk = connect();
    for (let i = 0; i < 20; i++) update(talk, requested);
    // RFC 8446 §4.6.3: nothing is owed by an end that is silent.
    assert.equal(updatesSent(talk), 0);
    send(talk, 'a');
    assert.equal(updatesSent(talk), 1);
    send(talk, 'b');
    assert.equal(updatesSent(talk), 1);
    assert.equal(dataSeen(talk), 'ab');
  });

  it('is not answered when it is not asked for', () => {
    const talk = connect();
    for (let i = 0; i < 20; i++) update(talk, notRequested);
    send(talk, 'a');
    assert.equal(updatesSent(talk), 0);
  });

  it('comes before a sending key has sealed more records than it may, also within one large write', () => {
    const recordsPerKeyMax = 8;
    const talk = connect({ policy: { recordsPerKeyMax, recordSizeLimit: 16_385 } });
    talk.client.write(Buffer.alloc(40 * 16_384));
    talk.server.receive(talk.client.takeOutput());
    let records = 0;
    for (const { name, kind } of talk.server.speech.slice(talk.server.speech.findIndex((s) => s.name === 'Finished'))) {
      if (name === 'Finished') continue;
      records++;
      assert.ok(records <= recordsPerKeyMax, `${records} records under one key`);
      if (name === 'KeyUpdate') records = 0;
      else assert.equal(kind, 'application-data');
    }
    assert.ok(updatesSent(talk) >= 5);
  });

  function receive(talk: Talk, count: number): void {
    for (let i = 0; i < count; i++) talk.say(talk.server.seal('application_data', Uint8Array.of(1)));
  }

  it('is asked of a server whose key is half worn out, once until it obeys', () => {
    const talk = connect({ policy: { recordsPerKeyMax: 64 } });
    receive(talk, 31);
    assert.equal(updatesSent(talk), 0);
    receive(talk, 32);
    assert.equal(updatesSent(talk), 1);
    assert.deepEqual([...(talk.server.speech.at(-1)?.bytes ?? [])], [...requested]);
    // The sixty-fourth record of the key.
    update(talk, notRequested);
    receive(talk, 32);
    assert.equal(updatesSent(talk), 2);
    assert.equal(talk.client.failure, undefined);
  });

  for (const [name, one] of [
    ['data', (talk: Talk) => receive(talk, 1)],
    ['a ticket', (talk: Talk) => talk.say(talk.server.seal('handshake', Uint8Array.of(4, 0, 0, 0)))],
    ['the KeyUpdate itself', (talk: Talk) => update(talk, notRequested)],
  ] as const) {
    it(`that does not come in time ends the connection, before ${name} counts that is beyond the limit`, () => {
      const talk = connect({ policy: { recordsPerKeyMax: 64 } });
      receive(talk, 64);
      assert.equal(talk.client.status.phase, 'connected');
      one(talk);
      assert.equal(talk.client.failure?.code, 'KS-T164');
      assert.match(talk.client.failure?.detail ?? '', /64 records under one key and ignores/);
      assert.deepEqual(talk.server.alerts, [{ name: 'unexpected_message', isProtected: true }]);
      assert.equal(talk.client.readableBytes, 64);
    });
  }

  it('that could not be asked for any more, after our end, is missed all the same', () => {
    const talk = connect({ policy: { recordsPerKeyMax: 64 } });
    talk.client.end();
    talk.server.receive(talk.client.takeOutput());
    receive(talk, 65);
    assert.equal(talk.client.failure?.code, 'KS-T164');
    assert.match(talk.client.failure?.detail ?? '', /could not be asked/);
    assert.equal(talk.client.readableBytes, 64);
  });

  it('in the middle of records that wait unread loses and reorders nothing', () => {
    const talk = connect();
    for (let i = 0; i < 12; i++) {
      talk.client.receive(talk.server.seal('application_data', Buffer.alloc(10_000, i)));
      talk.client.receive(talk.server.seal('handshake', notRequested));
      talk.server.useNextKeys();
    }
    const parts: Uint8Array[] = [];
    while (talk.client.readableBytes > 0) parts.push(talk.client.readApplicationData(7000));
    const expected = Array.from({ length: 12 }, (_, i) => Buffer.alloc(10_000, i));
    assert.ok(Buffer.concat(parts).equals(Buffer.concat(expected)));
  });
});

describe('a KeyUpdate', () => {
  it('flood is refused at the thirty-third in a row, though the part is asked to answer each', () => {
    const talk = connect();
    for (let i = 0; i < 32; i++) update(talk, requested);
    assert.equal(talk.client.status.phase, 'connected');
    update(talk, requested);
    assert.equal(talk.client.failure?.code, 'KS-T118');
    assert.equal(updatesSent(talk), 0);
  });
});

describe('change_cipher_spec', () => {
  it('of the part is one record before its second flight, with or without a HelloRetryRequest', () => {
    const talk = new Talk(honest);
    talk.say(talk.server.honestFlight({ requestCertificate: true }));
    const kinds = talk.server.speech.map(({ kind, isProtected }) => `${kind}${isProtected ? ', protected' : ''}`);
    assert.deepEqual(kinds, ['handshake', 'change-cipher-spec', 'handshake, protected', 'handshake, protected']);
  });
});

describe('the end of writing', () => {
  const closeNotify = Uint8Array.of(1, alertCodes.close_notify);
  const alertNames = (talk: Talk): readonly string[] => talk.server.alerts.map(({ name }) => name);

  function end(talk: Talk): void {
    talk.client.end();
    talk.server.receive(talk.client.takeOutput());
  }

  it('leaves reading open until the server ends too', () => {
    const talk = connect();
    end(talk);
    assert.deepEqual(alertNames(talk), ['close_notify']);
    assert.throws(() => talk.client.write(Uint8Array.of(1)), { code: 'KS-T130' });
    assert.throws(() => talk.client.updateKeys(), { code: 'KS-T130' });
    assert.throws(() => talk.client.end(), { code: 'KS-T130' });
    talk.say(talk.server.seal('application_data', Uint8Array.of(7)));
    assert.deepEqual([...talk.client.readApplicationData(9)], [7]);
    talk.say(talk.server.seal('alert', closeNotify));
    talk.client.transportEnded();
    assert.equal(talk.client.status.phase, 'closed');
    assert.equal(talk.client.outputBytes, 0, 'close_notify goes out once');
  });

  it('is followed by no KeyUpdate and no alert, whatever the server does', () => {
    const talk = connect({ policy: { recordsPerKeyMax: 32 } });
    end(talk);
    update(talk, requested);
    for (let i = 0; i < 20; i++) talk.say(talk.server.seal('application_data', Uint8Array.of(i)));
    assert.equal(talk.client.readableBytes, 20);
    talk.client.receive(Uint8Array.of(23, 3, 3, 0, 20, ...new Uint8Array(20)));
    assert.equal(talk.client.failure?.code, 'KS-T115');
    assert.equal(talk.client.outputBytes, 0);
    assert.deepEqual(alertNames(talk), ['close_notify']);
    assert.equal(updatesSent(talk), 0);
  });

  it("does not excuse a transport that ends without the server's close_notify", () => {
    const talk = connect();
    end(talk);
    talk.client.transportEnded();
    assert.equal(talk.client.failure?.code, 'KS-T119');
    assert.equal(talk.client.outputBytes, 0);
  });

  it('comes once when the connection is closed afterwards', () => {
    const talk = connect();
    end(talk);
    talk.client.close();
    talk.server.receive(talk.client.takeOutput());
    assert.deepEqual(alertNames(talk), ['close_notify']);
    assert.equal(talk.client.status.phase, 'closed');
  });
});
