import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { concatBytes } from '@keystile/bytes';
import { alertCodes } from '@keystile/tls/codec';
import { party } from './talk.ts';
import { refusesFor, Tls12Talk } from './tls12-talk.ts';

const honest = party();
const refuses = refusesFor(honest);

describe('records of a TLS 1.2 connection', () => {
  for (const [name, damage] of [
    ['changed', (record: Uint8Array) => record.with(20, (record[20] ?? 0) ^ 1)],
    ['of another explicit nonce', (record: Uint8Array) => record.with(12, (record[12] ?? 0) ^ 1)],
    ['of another type', (record: Uint8Array) => record.with(0, 21)],
    [
      'too short for nonce and tag',
      (record: Uint8Array) => Uint8Array.from([23, 3, 3, 0, 23, ...record.subarray(5, 28)]),
    ],
  ] as const) {
    refuses({
      name: `${name} are refused`,
      script: (talk) => {
        talk.connect();
        talk.say(damage(Uint8Array.from(talk.server.seal('application_data', randomBytes(50)))));
      },
      code: 'KS-T115',
      alert: 'bad_record_mac',
      encrypted: true,
    });
  }
  refuses({
    name: 'that are repeated are refused, though nonce and tag fit each other',
    script: (talk) => {
      talk.connect();
      const record = talk.server.seal('application_data', randomBytes(20));
      talk.say(record);
      talk.say(record);
    },
    code: 'KS-T115',
    alert: 'bad_record_mac',
    encrypted: true,
  });
  refuses({
    name: 'of another version are refused',
    script: (talk) => {
      talk.connect();
      talk.say(Uint8Array.from(talk.server.seal('application_data', randomBytes(20))).with(2, 2));
    },
    code: 'KS-T112',
    alert: 'illegal_parameter',
    encrypted: true,
  });
  refuses({
    name: 'that are too long are refused by their header',
    script: (talk) => {
      talk.connect();
      const longest = 16_384 + 24;
      talk.say(Uint8Array.of(23, 3, 3, (longest + 1) >>> 8, (longest + 1) & 0xff));
    },
    code: 'KS-T116',
    alert: 'record_overflow',
    encrypted: true,
  });
  for (const type of ['change_cipher_spec', 'handshake'] as const) {
    refuses({
      name: `of ${type} that are protected and out of place are refused`,
      script: (talk) => {
        talk.connect();
        talk.say(talk.server.seal(type, type === 'handshake' ? talk.server.finished() : Uint8Array.of(1)));
      },
      code: 'KS-T110',
      alert: 'unexpected_message',
      encrypted: true,
    });
  }
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

  it('made by a ServerHello of its own is refused', () => {
    const talk = new Tls12Talk(honest);
    talk.connect();
    talk.say(talk.server.seal('handshake', talk.server.serverHello()));
    assert.equal(talk.client.failure?.code, 'KS-T110');
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

describe('a changed flight of TLS 1.2', () => {
  const full = process.env.KEYSTILE_TEST_FULL === '1';

  /** The two flights of a server; the second can be made when the first was answered. */
  function connectWith(change: (flight: Uint8Array, which: 'first' | 'second') => Uint8Array): Tls12Talk {
    const talk = new Tls12Talk(honest);
    talk.client.receive(change(talk.server.honestFlight(), 'first'));
    try {
      talk.server.receive(talk.client.takeOutput());
    } catch {
      // The two saw different messages, so that the server has other keys than the client: there is no second flight.
      return talk;
    }
    if (talk.server.speech.some(({ name }) => name === 'ClientKeyExchange')) {
      talk.say(change(talk.server.honestEnd(), 'second'));
    }
    return talk;
  }

  for (const which of ['first', 'second'] as const) {
    it(`never connects, whichever byte of the ${which} one was changed`, () => {
      let length = 1;
      for (let at = 0; at < length; at += full ? 1 : 7) {
        // The minor version of the first record is not judged: the version is not known yet.
        if (which === 'first' && at === 2) continue;
        const talk = connectWith((flight, now) => {
          if (now !== which) return flight;
          length = flight.length;
          return at < length ? Uint8Array.from(flight).with(at, (flight[at] ?? 0) ^ 1) : flight.subarray(1);
        });
        assert.notEqual(talk.client.status.phase, 'connected', `byte ${at} of ${length}`);
      }
    });

    it(`never connects, wherever the ${which} one is cut off`, () => {
      let length = 1;
      for (let at = 0; at < length; at += full ? 1 : 13) {
        const talk = connectWith((flight, now) => {
          if (now !== which) return flight;
          length = flight.length - 1;
          return flight.subarray(0, at);
        });
        assert.equal(talk.client.status.phase, 'handshaking', `byte ${at} of ${length}`);
        talk.client.transportEnded();
        assert.equal(talk.client.failure?.code, 'KS-T119');
      }
    });
  }
});
