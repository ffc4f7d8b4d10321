import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { concatBytes } from '@keystile/bytes';
import type { TlsPolicy } from '@keystile/tls';
import {
  alertCodes,
  cipherSuiteCodes,
  encodeKeyUpdate,
  encodeNewSessionTicket,
  encodeProtocols,
  encodeRecordSizeLimit,
  groupCodes,
  signatureSchemeCodes,
} from '@keystile/tls/codec';
import { extension, type ServerHelloLies } from '../../src/index.ts';
import { party, Talk } from './talk.ts';

const honest = party();

interface Anomaly {
  readonly name: string;
  readonly script: (talk: Talk) => void;
  readonly code: string;
  readonly alert?: keyof typeof alertCodes;
  /** Whether the client's alert must have left encrypted. */
  readonly encrypted?: boolean;
  readonly policy?: Partial<TlsPolicy>;
}

function refuses({ name, script, code, alert, encrypted = true, policy = {} }: Anomaly): void {
  it(name, () => {
    const talk = new Talk(honest, { policy });
    script(talk);
    assert.equal(talk.client.failure?.code, code, String(talk.client.failure));
    assert.equal(talk.client.status.phase, 'failed');
    assert.deepEqual(talk.server.alerts, alert === undefined ? [] : [{ name: alert, isProtected: encrypted }]);
    // Nothing that comes later revives it, and nothing more is sent.
    talk.client.receive(randomBytes(100));
    assert.equal(talk.client.outputBytes, 0);
    assert.throws(() => talk.client.write(Uint8Array.of(1)), { code: 'KS-T130' });
  });
}

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

  it('connects when the whole flight comes in records of one byte', () => {
    const talk = new Talk(honest);
    const { server } = talk;
    for (const byte of server.serverHello()) talk.say(server.plain('handshake', Uint8Array.of(byte)));
    server.useHandshakeKeys();
    const messages = concatBytes(
      server.encryptedExtensions(),
      server.certificate(),
      server.certificateVerify(),
      server.finished(),
    );
    talk.say(server.seal('handshake', messages, 1));
    assert.equal(talk.client.status.phase, 'connected');
  });
});

describe('ServerHello', () => {
  const lies: readonly (readonly [string, ServerHelloLies, string, keyof typeof alertCodes])[] = [
    ['a version that was not offered', { version: 0x0305 }, 'KS-T112', 'illegal_parameter'],
    ['TLS 1.2', { without: ['supported_versions'] }, 'KS-T101', 'protocol_version'],
    [
      'TLS 1.2 with the downgrade sentinel',
      { without: ['supported_versions'], random: Buffer.from(`${'00'.repeat(24)}444f574e47524401`, 'hex') },
      'KS-T102',
      'illegal_parameter',
    ],
    ['another legacy version', { legacyVersion: 0x0304 }, 'KS-T112', 'illegal_parameter'],
    ['another session id', { sessionId: new Uint8Array(32) }, 'KS-T112', 'illegal_parameter'],
    ['a suite that was not offered', { cipherSuite: 0x1303 }, 'KS-T112', 'illegal_parameter'],
    ['a compression', { compression: 1 }, 'KS-T112', 'illegal_parameter'],
    ['no key share', { keyShare: null }, 'KS-T114', 'missing_extension'],
    [
      'a group that no share was sent for',
      { keyShare: { group: groupCodes['P-256'], share: new Uint8Array(65) } },
      'KS-T112',
      'illegal_parameter',
    ],
    [
      'an X25519 share of low order',
      { keyShare: { group: groupCodes.X25519, share: new Uint8Array(32) } },
      'KS-T112',
      'illegal_parameter',
    ],
    [
      'an X25519 share that is too short',
      { keyShare: { group: groupCodes.X25519, share: new Uint8Array(31) } },
      'KS-T112',
      'illegal_parameter',
    ],
    [
      'an extension that was not offered',
      { more: [extension('pre_shared_key', Uint8Array.of(0, 0))] },
      'KS-T113',
      'unsupported_extension',
    ],
    [
      'an extension of another message',
      { more: [extension('server_name', new Uint8Array(0))] },
      'KS-T112',
      'illegal_parameter',
    ],
    [
      'the same extension twice',
      { more: [extension('supported_versions', Uint8Array.of(3, 4))] },
      'KS-T112',
      'illegal_parameter',
    ],
  ];
  for (const [name, lie, code, alert] of lies) {
    refuses({
      name: `with ${name} is refused`,
      script: (talk) => talk.say(talk.server.plain('handshake', talk.server.serverHello(lie))),
      code,
      alert,
      encrypted: false,
    });
  }
});

describe('HelloRetryRequest', () => {
  refuses({
    name: 'a second one is refused',
    script: (talk) => {
      const first = talk.server.helloRetryRequest({ group: groupCodes['P-256'] });
      talk.say(talk.server.plain('handshake', first));
      talk.say(talk.server.plain('handshake', first));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
    encrypted: false,
  });
  for (const [name, request] of [
    ['that changes nothing', {}],
    ['for the group whose share it has', { group: groupCodes.X25519 }],
    ['for a group that was not offered', { group: groupCodes['P-384'] }],
  ] as const) {
    refuses({
      name: `${name} is refused`,
      script: (talk) => talk.say(talk.server.plain('handshake', talk.server.helloRetryRequest(request))),
      code: 'KS-T112',
      alert: 'illegal_parameter',
      encrypted: false,
    });
  }
  refuses({
    name: 'followed by another suite is refused',
    script: (talk) => {
      talk.say(talk.server.plain('handshake', talk.server.helloRetryRequest({ group: groupCodes['P-256'] })));
      const lie = { cipherSuite: cipherSuiteCodes.TLS_AES_128_CCM_SHA256 };
      talk.say(talk.server.plain('handshake', talk.server.serverHello(lie)));
    },
    code: 'KS-T112',
    alert: 'illegal_parameter',
    encrypted: false,
  });
});

describe('the encrypted flight', () => {
  const flight = ['encryptedExtensions', 'certificate', 'certificateVerify', 'finished'] as const;

  for (const [at, skipped] of flight.entries()) {
    if (skipped === 'finished') continue;
    refuses({
      name: `without ${skipped} is refused at the message after it`,
      script: (talk) => {
        talk.hello();
        for (const [index, name] of flight.entries()) {
          if (index !== at) talk.say(talk.server.seal('handshake', talk.server[name]()));
        }
      },
      code: 'KS-T110',
      alert: 'unexpected_message',
    });
  }

  for (const [at, doubled] of flight.entries()) {
    if (doubled === 'finished') continue;
    refuses({
      name: `with ${doubled} twice is refused`,
      script: (talk) => {
        talk.hello();
        for (const name of flight.slice(0, at + 1)) talk.say(talk.server.seal('handshake', talk.server[name]()));
        talk.say(talk.server.seal('handshake', talk.server[doubled]()));
      },
      code: 'KS-T110',
      alert: 'unexpected_message',
    });
  }

  function upTo(talk: Talk, last: (typeof flight)[number] | undefined): void {
    talk.hello();
    const count = last === undefined ? 0 : flight.indexOf(last) + 1;
    for (const name of flight.slice(0, count)) talk.say(talk.server.seal('handshake', talk.server[name]()));
  }

  const extensionLies = [
    [
      'that were not offered',
      extension('record_size_limit', encodeRecordSizeLimit(512)),
      'KS-T113',
      'unsupported_extension',
    ],
    ['of another message', extension('key_share', Uint8Array.of(0, 29)), 'KS-T112', 'illegal_parameter'],
    ['with a name that is not empty', extension('server_name', Uint8Array.of(1)), 'KS-T111', 'decode_error'],
  ] as const;
  for (const [name, lie, code, alert] of extensionLies) {
    refuses({
      name: `extensions ${name} are refused`,
      script: (talk) => {
        upTo(talk, undefined);
        talk.say(talk.server.seal('handshake', talk.server.encryptedExtensions([lie])));
      },
      code,
      alert,
    });
  }

  for (const [name, protocols, code, alert] of [
    ['one that was not offered', ['h2'], 'KS-T112', 'illegal_parameter'],
    ['two', ['mqtt', 'mqtt'], 'KS-T111', 'decode_error'],
  ] as const) {
    refuses({
      name: `ALPN with ${name} is refused`,
      policy: { alpn: ['mqtt'] },
      script: (talk) => {
        upTo(talk, undefined);
        const lie = extension('application_layer_protocol_negotiation', encodeProtocols(protocols));
        talk.say(talk.server.seal('handshake', talk.server.encryptedExtensions([lie])));
      },
      code,
      alert,
    });
  }

  refuses({
    name: 'a record beyond the limit that was agreed is refused',
    policy: { recordSizeLimit: 600 },
    script: (talk) => {
      upTo(talk, undefined);
      const granted = extension('record_size_limit', encodeRecordSizeLimit(16_385));
      talk.say(talk.server.seal('handshake', talk.server.encryptedExtensions([granted])));
      talk.say(talk.server.seal('handshake', talk.server.certificate([randomBytes(900)])));
    },
    code: 'KS-T116',
    alert: 'record_overflow',
  });

  refuses({
    name: 'an empty certificate list is refused',
    script: (talk) => {
      upTo(talk, 'encryptedExtensions');
      talk.say(talk.server.seal('handshake', talk.server.certificate([])));
    },
    code: 'KS-T120',
    alert: 'decode_error',
  });
  refuses({
    name: 'seventeen certificates are refused',
    script: (talk) => {
      upTo(talk, 'encryptedExtensions');
      talk.say(
        talk.server.seal('handshake', talk.server.certificate(Array.from({ length: 17 }, () => randomBytes(9)))),
      );
    },
    code: 'KS-T117',
    alert: 'illegal_parameter',
  });
  refuses({
    name: 'more than 64 KiB of handshake is refused before it is all there',
    script: (talk) => {
      upTo(talk, 'encryptedExtensions');
      const huge = talk.server.certificate([new Uint8Array(70_000)]);
      talk.say(talk.server.seal('handshake', huge.subarray(0, 100)));
    },
    code: 'KS-T117',
    alert: 'illegal_parameter',
  });
  refuses({
    name: 'a stapled OCSP answer that was not asked for is refused',
    script: (talk) => {
      upTo(talk, 'encryptedExtensions');
      const staple = extension('status_request', Uint8Array.of(1, 0, 0, 1, 0));
      talk.say(talk.server.seal('handshake', talk.server.certificate(honest.chain, [staple])));
    },
    code: 'KS-T113',
    alert: 'unsupported_extension',
  });
  refuses({
    name: 'a CertificateRequest without signature_algorithms is refused',
    script: (talk) => {
      upTo(talk, 'encryptedExtensions');
      talk.say(talk.server.seal('handshake', talk.server.certificateRequest(new Uint8Array(0), [])));
    },
    code: 'KS-T114',
    alert: 'missing_extension',
  });

  for (const [name, lie, code, alert] of [
    ['by another key', () => ({ signature: party().sign(new Uint8Array(10)) }), 'KS-T108', 'decrypt_error'],
    ['over another handshake', () => ({ transcriptHash: randomBytes(32) }), 'KS-T108', 'decrypt_error'],
    ['that is noise', () => ({ signature: randomBytes(70) }), 'KS-T108', 'decrypt_error'],
    [
      "of a scheme that is not the key's",
      () => ({ scheme: signatureSchemeCodes.ecdsa_secp384r1_sha384 }),
      'KS-T107',
      'illegal_parameter',
    ],
    ['of a scheme that was not offered', () => ({ scheme: 0x0804 }), 'KS-T107', 'illegal_parameter'],
  ] as const) {
    refuses({
      name: `a signature ${name} is refused`,
      script: (talk) => {
        upTo(talk, 'certificate');
        talk.say(talk.server.seal('handshake', talk.server.certificateVerify(lie())));
      },
      code,
      alert,
    });
  }

  for (const [name, verifyData] of [
    ['wrong', randomBytes(32)],
    ['short', randomBytes(31)],
    ['empty', new Uint8Array(0)],
  ] as const) {
    refuses({
      name: `a Finished that is ${name} is refused`,
      script: (talk) => {
        upTo(talk, 'certificateVerify');
        talk.say(talk.server.seal('handshake', talk.server.finished({ verifyData })));
      },
      code: 'KS-T109',
      alert: 'decrypt_error',
    });
  }

  refuses({
    name: 'a swapped transcript (an extension that the client never saw) is refused',
    script: (talk) => {
      talk.hello();
      talk.server.encryptedExtensions();
      const other = new Talk(honest);
      other.hello();
      talk.say(
        talk.server.seal('handshake', other.server.encryptedExtensions([extension('server_name', new Uint8Array(0))])),
      );
      talk.say(talk.server.seal('handshake', talk.server.certificate()));
      talk.say(talk.server.seal('handshake', talk.server.certificateVerify()));
    },
    code: 'KS-T108',
    alert: 'decrypt_error',
  });

  refuses({
    name: 'application data before Finished is refused',
    script: (talk) => {
      upTo(talk, 'certificateVerify');
      talk.say(talk.server.seal('application_data', Uint8Array.of(1)));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  refuses({
    name: 'a truncated message, padded out by the next, is refused',
    script: (talk) => {
      upTo(talk, undefined);
      talk.say(talk.server.seal('handshake', Uint8Array.of(8, 0, 0, 1, 0)));
    },
    code: 'KS-T111',
    alert: 'decode_error',
  });
  refuses({
    name: 'another record in the middle of a message is refused',
    script: (talk) => {
      upTo(talk, undefined);
      talk.say(talk.server.seal('handshake', talk.server.encryptedExtensions().subarray(0, 3)));
      talk.say(talk.server.plain('change_cipher_spec', Uint8Array.of(1)));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
});

describe('records', () => {
  function connected(talk: Talk): void {
    talk.say(talk.server.honestFlight());
    assert.equal(talk.client.status.phase, 'connected');
  }

  for (const [name, alertBytes] of [
    ['a fatal alert', Uint8Array.of(2, alertCodes.handshake_failure)],
    ['close_notify', Uint8Array.of(1, alertCodes.close_notify)],
  ] as const) {
    refuses({
      name: `${name} in the clear, after keys, is refused`,
      script: (talk) => {
        talk.hello();
        talk.say(talk.server.plain('alert', alertBytes));
      },
      code: 'KS-T110',
      alert: 'unexpected_message',
    });
  }
  refuses({
    name: 'a plaintext handshake message after keys is refused',
    script: (talk) => {
      talk.hello();
      talk.say(talk.server.plain('handshake', talk.server.encryptedExtensions()));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  refuses({
    name: 'handshake bytes that straddle the change to handshake keys are refused, with an encrypted alert',
    script: (talk) => {
      talk.say(talk.server.plain('handshake', concatBytes(talk.server.serverHello(), Uint8Array.of(8, 0))));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  refuses({
    name: 'handshake bytes that straddle the change to application keys are refused',
    script: (talk) => {
      talk.hello();
      const { server } = talk;
      const flight = [
        server.encryptedExtensions(),
        server.certificate(),
        server.certificateVerify(),
        server.finished(),
      ];
      talk.say(server.seal('handshake', concatBytes(...flight, Uint8Array.of(4))));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  refuses({
    name: 'a record that was changed is refused',
    script: (talk) => {
      connected(talk);
      const record = talk.server.seal('application_data', randomBytes(20));
      record[10] = (record[10] ?? 0) ^ 1;
      talk.say(record);
    },
    code: 'KS-T115',
    alert: 'bad_record_mac',
  });
  refuses({
    name: 'a record that is repeated is refused',
    script: (talk) => {
      connected(talk);
      const record = talk.server.seal('application_data', randomBytes(20));
      talk.say(record);
      talk.say(record);
    },
    code: 'KS-T115',
    alert: 'bad_record_mac',
  });
  refuses({
    name: 'a record that is too long is refused by its header',
    script: (talk) => {
      connected(talk);
      talk.say(Uint8Array.of(23, 3, 3, 0x41, 0x01));
    },
    code: 'KS-T116',
    alert: 'record_overflow',
  });
  refuses({
    name: 'a record of padding only is refused',
    script: (talk) => {
      connected(talk);
      talk.say(talk.server.seal(0, new Uint8Array(50)));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  refuses({
    name: 'change_cipher_spec inside protection is refused',
    script: (talk) => {
      connected(talk);
      talk.say(talk.server.seal('change_cipher_spec', Uint8Array.of(1)));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  refuses({
    name: 'change_cipher_spec after Finished is refused',
    script: (talk) => {
      connected(talk);
      talk.say(talk.server.plain('change_cipher_spec', Uint8Array.of(1)));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  refuses({
    name: 'an empty handshake record is refused',
    script: (talk) => {
      connected(talk);
      talk.say(talk.server.seal('handshake', new Uint8Array(0)));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  refuses({
    name: 'two alerts in one record are refused',
    script: (talk) => {
      connected(talk);
      talk.say(talk.server.seal('alert', Uint8Array.of(1, 0, 1, 0)));
    },
    code: 'KS-T111',
    alert: 'decode_error',
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

describe('floods', () => {
  const ticket = encodeNewSessionTicket(
    { lifetimeSeconds: 3600, ageAdd: 1, nonce: Uint8Array.of(1), ticket: randomBytes(100) },
    [],
  );
  const floods: readonly (readonly [string, (talk: Talk) => void])[] = [
    ['empty records', ({ server, client }) => client.receive(server.seal('application_data', new Uint8Array(0)))],
    ['tickets', ({ server, client }) => client.receive(server.seal('handshake', ticket))],
    [
      'warnings',
      ({ server, client }) => client.receive(server.seal('alert', Uint8Array.of(1, alertCodes.user_canceled))),
    ],
    [
      'key updates',
      ({ server, client }) => {
        client.receive(server.seal('handshake', encodeKeyUpdate({ updateRequested: true })));
        server.useNextKeys();
      },
    ],
  ];
  for (const [name, one] of floods) {
    it(`of ${name} ends in a refusal, and costs bounded output`, () => {
      const talk = new Talk(honest);
      talk.say(talk.server.honestFlight());
      for (let i = 0; i < 100 && talk.client.failure === undefined; i++) one(talk);
      assert.equal(talk.client.failure?.code, 'KS-T118');
      // At most one KeyUpdate in answer, and the alert.
      assert.ok(talk.client.outputBytes < 100, `${talk.client.outputBytes} bytes`);
    });
  }

  it('of change_cipher_spec ends in a refusal', () => {
    const talk = new Talk(honest);
    for (let i = 0; i < 20; i++) talk.say(talk.server.plain('change_cipher_spec', Uint8Array.of(1)));
    assert.equal(talk.client.failure?.code, 'KS-T118');
    const later = new Talk(honest);
    later.hello();
    for (let i = 0; i < 20; i++) later.say(later.server.plain('change_cipher_spec', Uint8Array.of(1)));
    assert.equal(later.client.failure?.code, 'KS-T118');
  });

  it('does not count tickets that come between data', () => {
    const talk = new Talk(honest);
    talk.say(talk.server.honestFlight());
    for (let i = 0; i < 100; i++) {
      talk.say(talk.server.seal('handshake', ticket));
      talk.say(talk.server.seal('application_data', Uint8Array.of(i)));
    }
    assert.equal(talk.client.readableBytes, 100);
  });
});

describe('alerts', () => {
  for (const name of Object.keys(alertCodes) as (keyof typeof alertCodes)[]) {
    if (name === 'user_canceled') continue;
    it(`${name} is never answered, at no point`, () => {
      const first = new Talk(honest);
      first.say(first.server.plain('alert', Uint8Array.of(2, alertCodes[name])));
      assert.equal(first.client.status.phase, 'failed');
      assert.deepEqual(first.server.alerts, []);

      const second = new Talk(honest);
      second.hello();
      second.say(second.server.seal('alert', Uint8Array.of(2, alertCodes[name])));
      assert.equal(second.client.status.phase, 'failed');
      assert.deepEqual(second.server.alerts, []);

      const third = new Talk(honest);
      third.say(third.server.honestFlight());
      third.say(third.server.seal('alert', Uint8Array.of(2, alertCodes[name])));
      assert.equal(third.client.status.phase, name === 'close_notify' ? 'connected' : 'failed');
      assert.equal(third.client.status.peerClosed, name === 'close_notify');
      assert.deepEqual(third.server.alerts, []);
    });
  }
});

describe('a changed flight', () => {
  const full = process.env.KEYSTILE_TEST_FULL === '1';

  it('never connects, whichever byte of its records was changed', () => {
    const length = new Talk(honest).server.honestFlight().length;
    const step = full ? 1 : 7;
    for (let at = 0; at < length; at += step) {
      const talk = new Talk(honest);
      const flight = talk.server.honestFlight();
      // RFC 8446 §5.1: the minor version of a plaintext record is ignored. Signatures differ in length: flights do too.
      if (at === 2 || at >= flight.length) continue;
      flight[at] = (flight[at] ?? 0) ^ 0x01;
      talk.client.receive(flight);
      assert.notEqual(talk.client.status.phase, 'connected', `byte ${at} of ${length}`);
    }
  });

  it('never connects, wherever it is cut off', () => {
    const length = new Talk(honest).server.honestFlight().length;
    for (let at = 0; at < length - 1; at += full ? 1 : 13) {
      const talk = new Talk(honest);
      talk.client.receive(talk.server.honestFlight().subarray(0, at));
      assert.equal(talk.client.status.phase, 'handshaking');
      talk.client.transportEnded();
      assert.equal(talk.client.failure?.code, 'KS-T119');
    }
  });
});
