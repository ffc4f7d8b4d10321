import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { concatBytes, fromHex } from '@keystile/bytes';
import {
  type alertCodes,
  cipherSuiteCodes,
  encodeProtocols,
  encodeRecordSizeLimit,
  encodeSelectedVersion,
  groupCodes,
  retryRequestRandom,
  signatureSchemeCodes,
} from '@keystile/tls/codec';
import { acknowledgement, extension, type KeyExchangeLies, type ServerHelloLies } from '../../src/index.ts';
import { party, Talk } from './talk.ts';
import { refusesFor, Tls12Talk } from './tls12-talk.ts';

const honest = party();
const refuses = refusesFor(honest);
const onlyTls12 = { versions: ['1.2'], suites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] } as const;

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

  it('connects when both flights come in records of one byte', () => {
    const talk = new Tls12Talk(honest);
    const { server } = talk;
    const first = [server.serverHello(), server.certificate(), server.serverKeyExchange(), server.serverHelloDone()];
    for (const byte of concatBytes(...first)) talk.sayPlain(Uint8Array.of(byte));
    server.useKeys();
    talk.say(server.changeCipherSpec());
    talk.say(server.seal('handshake', server.finished(), 1));
    assert.equal(talk.client.status.phase, 'connected', String(talk.client.failure));
  });

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

const sentinelOfTls13 = Buffer.concat([Buffer.alloc(24), fromHex('444f574e47524401')]);
const sentinelOfTls12 = Buffer.concat([Buffer.alloc(24), fromHex('444f574e47524400')]);

describe('a Certificate of TLS 1.2', () => {
  refuses({
    name: 'with a key on a curve that was not among the groups is refused',
    policy: { groups: ['P-384'], keyShares: ['P-384'] },
    script: (talk) => {
      talk.sayPlain(talk.server.serverHello());
      talk.sayPlain(talk.server.certificate());
    },
    code: 'KS-T107',
    alert: 'illegal_parameter',
  });
});

describe('ServerHello of TLS 1.2', () => {
  const lies: readonly (readonly [string, ServerHelloLies, string, keyof typeof alertCodes])[] = [
    ['TLS 1.1', { legacyVersion: 0x0302 }, 'KS-T101', 'protocol_version'],
    ['TLS 1.0', { legacyVersion: 0x0301 }, 'KS-T101', 'protocol_version'],
    ['SSL 3.0', { legacyVersion: 0x0300 }, 'KS-T101', 'protocol_version'],
    ['TLS 1.3 the old way', { legacyVersion: 0x0304 }, 'KS-T101', 'protocol_version'],
    ['the sentinel of a server with TLS 1.3', { random: sentinelOfTls13 }, 'KS-T102', 'illegal_parameter'],
    ['the sentinel of a server with TLS 1.2', { random: sentinelOfTls12 }, 'KS-T102', 'illegal_parameter'],
    [
      'TLS 1.2 the new way',
      { more: [extension('supported_versions', encodeSelectedVersion(0x0303))] },
      'KS-T112',
      'illegal_parameter',
    ],
    ['the random of a HelloRetryRequest', { random: retryRequestRandom }, 'KS-T114', 'missing_extension'],
    ['a suite of TLS 1.3', { cipherSuite: 0x1301 }, 'KS-T112', 'illegal_parameter'],
    ['a CBC suite', { cipherSuite: 0xc023 }, 'KS-T112', 'illegal_parameter'],
    ['a suite for RSA', { cipherSuite: 0xc02f }, 'KS-T112', 'illegal_parameter'],
    [
      'a suite that the policy leaves out',
      { cipherSuite: cipherSuiteCodes.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 },
      'KS-T112',
      'illegal_parameter',
    ],
    ['a compression', { compression: 1 }, 'KS-T112', 'illegal_parameter'],
    ['a session id of 33 bytes', { sessionId: randomBytes(33) }, 'KS-T111', 'decode_error'],
    ['no extended master secret', { without: ['extended_master_secret'] }, 'KS-T160', 'handshake_failure'],
    [
      'an extended master secret with content',
      { without: ['extended_master_secret'], more: [extension('extended_master_secret', Uint8Array.of(0))] },
      'KS-T111',
      'decode_error',
    ],
    ['no renegotiation_info', { without: ['renegotiation_info'] }, 'KS-T161', 'handshake_failure'],
    [
      'the renegotiation_info of a renegotiation',
      {
        without: ['renegotiation_info'],
        more: [extension('renegotiation_info', Uint8Array.of(24, ...randomBytes(24)))],
      },
      'KS-T161',
      'handshake_failure',
    ],
    ['a session ticket to come', { more: [acknowledgement('session_ticket')] }, 'KS-T113', 'unsupported_extension'],
    ['an OCSP answer to come', { more: [acknowledgement('status_request')] }, 'KS-T113', 'unsupported_extension'],
    ['encrypt-then-MAC', { more: [{ code: 22, data: new Uint8Array(0) }] }, 'KS-T113', 'unsupported_extension'],
    ['a key share', { more: [extension('key_share', Uint8Array.of(0, 29))] }, 'KS-T112', 'illegal_parameter'],
    [
      'compressed points only',
      { more: [extension('ec_point_formats', Uint8Array.of(1, 1))] },
      'KS-T112',
      'illegal_parameter',
    ],
    ['a name that is not empty', { more: [extension('server_name', Uint8Array.of(1))] }, 'KS-T111', 'decode_error'],
  ];
  for (const [name, lie, code, alert] of lies) {
    refuses({
      name: `with ${name} is refused`,
      script: (talk) => talk.sayPlain(talk.server.serverHello(lie)),
      code,
      alert,
    });
  }

  refuses({
    name: 'that resumes a session which nobody offered is refused',
    script: (talk) => talk.sayPlain(talk.server.serverHello({ sessionId: talk.server.hello.sessionId })),
    code: 'KS-T112',
    alert: 'illegal_parameter',
  });
  refuses({
    name: 'with an application protocol that was not offered is refused',
    policy: { alpn: ['mqtt'] },
    script: (talk) => {
      const lie = extension('application_layer_protocol_negotiation', encodeProtocols(['h2']));
      talk.sayPlain(talk.server.serverHello({ more: [lie] }));
    },
    code: 'KS-T112',
    alert: 'illegal_parameter',
  });
  refuses({
    name: 'without an application protocol is refused when one is required',
    policy: { alpn: ['mqtt'], alpnRequired: true },
    script: (talk) => talk.sayPlain(talk.server.serverHello()),
    code: 'KS-T106',
    alert: 'no_application_protocol',
  });

  it('is refused where the policy knows TLS 1.3 alone', () => {
    const talk = new Tls12Talk(honest, { policy: { versions: ['1.3'], suites: ['TLS_AES_128_GCM_SHA256'] } });
    talk.sayPlain(talk.server.serverHello());
    assert.equal(talk.client.failure?.code, 'KS-T101');
  });

  it('with the sentinel of a server with TLS 1.3 is in order for a client that did not offer that', () => {
    const talk = new Tls12Talk(honest, { policy: onlyTls12 });
    assert.equal(talk.server.hello.extensions.get('supported_versions'), undefined);
    assert.equal(talk.server.hello.sessionId.length, 0);
    talk.sayPlain(talk.server.serverHello({ random: sentinelOfTls13 }));
    assert.equal(talk.client.failure, undefined);
    const other = new Tls12Talk(honest, { policy: onlyTls12 });
    other.sayPlain(other.server.serverHello({ random: sentinelOfTls12 }));
    assert.equal(other.client.failure?.code, 'KS-T102');
  });

  it('of TLS 1.3 is refused by a client that offered TLS 1.2 alone', () => {
    const talk = new Tls12Talk(honest, { policy: onlyTls12 });
    talk.sayPlain(talk.server.serverHello({ more: [extension('supported_versions', encodeSelectedVersion(0x0304))] }));
    assert.equal(talk.client.failure?.code, 'KS-T112');
  });

  it('after a HelloRetryRequest is refused', () => {
    const policy = {
      versions: ['1.3', '1.2'],
      suites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
    } as const;
    const talk = new Talk(honest, { policy });
    talk.say(talk.server.plain('handshake', talk.server.helloRetryRequest({ group: groupCodes['P-256'] })));
    const cipherSuite = cipherSuiteCodes.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
    const lie = { cipherSuite, without: ['supported_versions'] } as const;
    talk.say(talk.server.plain('handshake', talk.server.serverHello({ ...lie, keyShare: null })));
    assert.equal(talk.client.failure?.code, 'KS-T112');
    assert.match(talk.client.failure?.detail ?? '', /version after its HelloRetryRequest/);
  });
});

describe('the flight in the clear', () => {
  const flight = ['serverHello', 'certificate', 'serverKeyExchange', 'certificateRequest', 'serverHelloDone'] as const;

  /** Says the messages up to and including `last`. */
  function upTo(talk: Tls12Talk, last: (typeof flight)[number]): void {
    for (const name of flight.slice(0, flight.indexOf(last) + 1)) talk.sayPlain(talk.server[name]());
  }

  for (const [at, skipped] of flight.entries()) {
    if (skipped === 'certificateRequest' || skipped === 'serverHelloDone') continue;
    refuses({
      name: `without ${skipped} is refused at the message after it`,
      script: (talk) => {
        for (const [index, name] of flight.entries()) if (index !== at) talk.sayPlain(talk.server[name]());
      },
      code: 'KS-T110',
      alert: 'unexpected_message',
    });
  }
  for (const doubled of flight.slice(0, -1)) {
    refuses({
      name: `with ${doubled} twice is refused`,
      script: (talk) => {
        upTo(talk, doubled);
        talk.sayPlain(talk.server[doubled]());
      },
      code: 'KS-T110',
      alert: 'unexpected_message',
    });
  }
  for (const last of flight.slice(0, -1)) {
    refuses({
      name: `with change_cipher_spec right after ${last} is refused`,
      script: (talk) => {
        upTo(talk, last);
        talk.say(talk.server.changeCipherSpec());
      },
      code: 'KS-T110',
      alert: 'unexpected_message',
    });
    refuses({
      name: `with Finished right after ${last} is refused`,
      script: (talk) => {
        upTo(talk, last);
        talk.sayPlain(Uint8Array.of(20, 0, 0, 12, ...new Uint8Array(12)));
      },
      code: 'KS-T110',
      alert: 'unexpected_message',
    });
    refuses({
      name: `with HelloRequest right after ${last} is refused`,
      script: (talk) => {
        upTo(talk, last);
        talk.sayPlain(talk.server.helloRequest());
      },
      code: 'KS-T110',
      alert: 'unexpected_message',
    });
  }
  refuses({
    name: 'with an empty certificate list is refused',
    script: (talk) => {
      upTo(talk, 'serverHello');
      talk.sayPlain(talk.server.certificate([]));
    },
    code: 'KS-T120',
    alert: 'decode_error',
  });
  refuses({
    name: 'with seventeen certificates is refused',
    script: (talk) => {
      upTo(talk, 'serverHello');
      talk.sayPlain(talk.server.certificate(Array.from({ length: 17 }, () => randomBytes(9))));
    },
    code: 'KS-T117',
    alert: 'illegal_parameter',
  });
  refuses({
    name: 'with a CertificateStatus that nobody promised is refused',
    script: (talk) => {
      upTo(talk, 'certificate');
      talk.sayPlain(talk.server.certificateStatus(randomBytes(10)));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  refuses({
    name: 'with a second CertificateStatus is refused',
    policy: { requestOcsp: true },
    script: (talk) => {
      talk.sayPlain(talk.server.serverHello({ more: [acknowledgement('status_request')] }));
      talk.sayPlain(talk.server.certificate());
      talk.sayPlain(talk.server.certificateStatus(randomBytes(10)));
      talk.sayPlain(talk.server.certificateStatus(randomBytes(10)));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  refuses({
    name: 'with bytes behind ServerHelloDone in its record is refused',
    script: (talk) => {
      upTo(talk, 'serverKeyExchange');
      talk.sayPlain(concatBytes(talk.server.serverHelloDone(), Uint8Array.of(20)));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  refuses({
    name: 'with a ServerHelloDone that is not empty is refused',
    script: (talk) => {
      upTo(talk, 'serverKeyExchange');
      talk.sayPlain(Uint8Array.of(14, 0, 0, 1, 0));
    },
    code: 'KS-T111',
    alert: 'decode_error',
  });
  refuses({
    name: 'that asks for no certificate is refused when the policy requires authentication',
    policy: { clientAuthentication: 'required' },
    script: (talk) => {
      upTo(talk, 'serverKeyExchange');
      talk.sayPlain(talk.server.serverHelloDone());
    },
    code: 'KS-T123',
    alert: 'handshake_failure',
  });
  refuses({
    name: 'with a record of another version is refused',
    script: (talk) => {
      upTo(talk, 'serverHello');
      talk.say(talk.server.plain('handshake', talk.server.certificate(), 1));
    },
    code: 'KS-T112',
    alert: 'illegal_parameter',
  });

  const exchangeLies: readonly (readonly [string, () => KeyExchangeLies, string, keyof typeof alertCodes])[] = [
    ['signed by another key', () => ({ signature: party().sign(new Uint8Array(10)) }), 'KS-T108', 'decrypt_error'],
    ["over another client's random", () => ({ clientRandom: randomBytes(32) }), 'KS-T108', 'decrypt_error'],
    ["over another server's random", () => ({ serverRandom: randomBytes(32) }), 'KS-T108', 'decrypt_error'],
    ['signed with noise', () => ({ signature: randomBytes(70) }), 'KS-T108', 'decrypt_error'],
    [
      "of a scheme that is not the key's",
      () => ({ scheme: signatureSchemeCodes.ecdsa_secp384r1_sha384 }),
      'KS-T107',
      'illegal_parameter',
    ],
    ['of ECDSA with SHA-1', () => ({ scheme: 0x0203 }), 'KS-T107', 'illegal_parameter'],
    ['of RSA', () => ({ scheme: 0x0401 }), 'KS-T107', 'illegal_parameter'],
    ['over a group that was not offered', () => ({ group: groupCodes['P-384'] }), 'KS-T112', 'illegal_parameter'],
    ['over the hybrid group', () => ({ group: groupCodes.X25519MLKEM768 }), 'KS-T112', 'illegal_parameter'],
  ];
  for (const [name, lies, code, alert] of exchangeLies) {
    refuses({
      name: `with a key exchange ${name} is refused`,
      policy: { groups: ['X25519MLKEM768', 'X25519', 'P-256'] },
      script: (talk) => {
        upTo(talk, 'certificate');
        talk.sayPlain(talk.server.serverKeyExchange(lies()));
      },
      code,
      alert,
    });
  }
  for (const [name, lies] of [
    ['of low order', { share: new Uint8Array(32) }],
    ['that is too short', { share: new Uint8Array(31) }],
    ['off the curve', { group: groupCodes['P-256'], share: new Uint8Array(65).fill(4) }],
    ['compressed', { group: groupCodes['P-256'], share: new Uint8Array(33).fill(2) }],
  ] as const) {
    refuses({
      name: `with a share ${name}, well signed, is refused before anything is derived from it`,
      script: (talk) => {
        upTo(talk, 'certificate');
        talk.sayPlain(talk.server.serverKeyExchange(lies));
        talk.sayPlain(talk.server.serverHelloDone());
      },
      code: 'KS-T112',
      alert: 'illegal_parameter',
    });
  }
});

describe("the server's Finished", () => {
  /** The client's flight is out, and the server's keys are ready. */
  function answered(talk: Tls12Talk): void {
    talk.say(talk.server.honestFlight());
    talk.server.useKeys();
  }
  const afterAnswer = { alert: 'unexpected_message', encrypted: true } as const;

  refuses({
    name: 'without change_cipher_spec is refused',
    script: (talk) => {
      answered(talk);
      talk.sayPlain(talk.server.finished());
    },
    code: 'KS-T110',
    ...afterAnswer,
  });
  refuses({
    name: 'in the clear after change_cipher_spec is refused',
    script: (talk) => {
      answered(talk);
      talk.say(concatBytes(talk.server.changeCipherSpec(), talk.server.plain('handshake', talk.server.finished())));
    },
    code: 'KS-T115',
    alert: 'bad_record_mac',
    encrypted: true,
  });
  for (const [name, record] of [
    ['twice', Uint8Array.of(1)],
    ['of two bytes', Uint8Array.of(1, 1)],
    ['of another value', Uint8Array.of(2)],
    ['that is empty', new Uint8Array(0)],
  ] as const) {
    refuses({
      name: `after a change_cipher_spec ${name} is refused`,
      script: (talk) => {
        answered(talk);
        if (name === 'twice') talk.say(talk.server.changeCipherSpec());
        talk.say(talk.server.plain('change_cipher_spec', record));
      },
      code: 'KS-T110',
      ...afterAnswer,
    });
  }
  refuses({
    name: 'cut by the change_cipher_spec is refused',
    script: (talk) => {
      answered(talk);
      const finished = talk.server.finished();
      talk.sayPlain(finished.subarray(0, 5));
      talk.say(concatBytes(talk.server.changeCipherSpec(), talk.server.seal('handshake', finished.subarray(5))));
    },
    code: 'KS-T110',
    ...afterAnswer,
  });
  for (const [name, verifyData] of [
    ['wrong', randomBytes(12)],
    ['short', randomBytes(11)],
    ['long', randomBytes(32)],
    ['empty', new Uint8Array(0)],
  ] as const) {
    refuses({
      name: `that is ${name} is refused`,
      script: (talk) => {
        answered(talk);
        talk.say(talk.server.changeCipherSpec());
        talk.say(talk.server.seal('handshake', talk.server.finished({ verifyData })));
      },
      code: 'KS-T109',
      alert: 'decrypt_error',
      encrypted: true,
    });
  }
  refuses({
    name: 'after a ticket that nobody asked for is refused',
    script: (talk) => {
      answered(talk);
      talk.sayPlain(talk.server.newSessionTicket(randomBytes(50)));
    },
    code: 'KS-T110',
    ...afterAnswer,
  });
  refuses({
    name: 'overtaken by application data is refused',
    script: (talk) => {
      answered(talk);
      talk.say(talk.server.changeCipherSpec());
      talk.say(talk.server.seal('application_data', Uint8Array.of(1)));
    },
    code: 'KS-T110',
    ...afterAnswer,
  });
  refuses({
    name: 'overtaken by application data in the clear is refused',
    script: (talk) => {
      answered(talk);
      talk.say(talk.server.plain('application_data', Uint8Array.of(1)));
    },
    code: 'KS-T110',
    ...afterAnswer,
  });
  refuses({
    name: 'over a handshake that the client did not see is refused',
    script: (talk) => {
      answered(talk);
      talk.server.certificate();
      talk.say(talk.server.honestEnd());
    },
    code: 'KS-T109',
    alert: 'decrypt_error',
    encrypted: true,
  });

  it('is what application data waits for: until then none can be written', () => {
    const talk = new Tls12Talk(honest);
    answered(talk);
    assert.throws(() => talk.client.write(Uint8Array.of(1)), { code: 'KS-T130' });
    assert.throws(() => talk.client.exporter('EXPORTER-x', new Uint8Array(0), 32), { code: 'KS-T130' });
    talk.say(talk.server.honestEnd());
    talk.client.write(Uint8Array.of(1));
  });
});
