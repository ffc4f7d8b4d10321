import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { ApplicationChannel } from '../../src/client/application-channel.ts';
import * as proofModule from '../../src/client/proof.ts';
import {
  type AuthenticatedServer,
  type AuthenticatedTicket,
  type AuthenticatedTls12Ticket,
  proveTicket,
  proveTls12Ticket,
  type VerifiedChain,
  type VerifiedKeyExchange,
  type VerifiedSignature,
  verifyChain,
  verifyFinished,
  verifyKeyExchange,
  verifyResumedFinished,
  verifySignature,
  verifyTls12Finished,
  verifyTls12ResumedFinished,
} from '../../src/client/proof.ts';
import { RecordWriter } from '../../src/record/writer.ts';
import { Secret } from '../../src/schedule/secret.ts';
import { type HandshakeStage, Psk, startResumedSchedule, startSchedule } from '../../src/schedule/stages.ts';
import { certificateVerifyContent } from '../../src/signature.ts';
import { suiteParameters } from '../../src/suites.ts';
import { extendedMaster, type MasterStage, ResumableMaster } from '../../src/tls12/stages.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const path = {
  leafSpki: publicKey.export({ type: 'spki', format: 'der' }),
  path: [],
  anchorDigest: new Uint8Array(32),
  notAfterMs: 0,
};
const transcriptHash = new Uint8Array(32).fill(5);

function chainProof(): VerifiedChain {
  return verifyChain({ verify: () => path }, { chain: [], serverName: 'broker.test' });
}

function signatureProof(): VerifiedSignature {
  const content = certificateVerifyContent('server', transcriptHash);
  const signature = sign('sha256', content, { key: privateKey, dsaEncoding: 'der' });
  return verifySignature(chainProof(), {
    message: { scheme: 0x0403, signature },
    transcriptHash,
    schemes: ['ecdsa_secp256r1_sha256'],
  });
}

function genuine(): AuthenticatedServer {
  const suite = suiteParameters.TLS_AES_128_GCM_SHA256;
  const { server } = startSchedule(suite).handshake(new Uint8Array(32), transcriptHash);
  return verifyFinished(signatureProof(), {
    verifyData: server.finished(transcriptHash),
    transcriptHash,
    traffic: server,
  });
}

const randoms = { client: new Uint8Array(32).fill(1), server: new Uint8Array(32).fill(2) };

function keyExchangeProof(): VerifiedKeyExchange {
  const params = Uint8Array.of(3, 0, 29, 1, 9);
  const content = Buffer.concat([randoms.client, randoms.server, params]);
  const signature = sign('sha256', content, { key: privateKey, dsaEncoding: 'der' });
  return verifyKeyExchange(chainProof(), {
    message: { group: 29, share: Uint8Array.of(9), params, scheme: 0x0403, signature },
    randoms,
    schemes: ['ecdsa_secp256r1_sha256'],
    groups: ['X25519'],
  });
}

function genuineTls12(): AuthenticatedServer {
  const suite = suiteParameters.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  const master = extendedMaster(suite, randoms, { sharedSecret: new Uint8Array(32), sessionHash: transcriptHash });
  return verifyTls12Finished(keyExchangeProof(), {
    verifyData: master.finished('server', transcriptHash),
    handshakeHash: transcriptHash,
    master,
  });
}

function psk(): Psk {
  return new Psk(new Secret(suiteParameters.TLS_AES_128_GCM_SHA256, new Uint8Array(32).fill(9)));
}

function ticketProof(key: Psk): AuthenticatedTicket {
  return proveTicket(genuine(), { psk: key, clientAuthenticated: true, authenticatedAtMs: 5 });
}

function resumedFinished(stage: HandshakeStage): Parameters<typeof verifyResumedFinished>[1] {
  return { stage, transcriptHash, verifyData: stage.server.finished(transcriptHash) };
}

describe('the proof of a resumed connection', () => {
  it('opens the channel, with the path of the session that the ticket came from', () => {
    const key = psk();
    const ticket = ticketProof(key);
    const stage = startResumedSchedule(key).handshake(new Uint8Array(32), transcriptHash);
    const server = verifyResumedFinished(ticket, resumedFinished(stage));
    assert.equal(new ApplicationChannel(server, new RecordWriter(1)).path, path);
    assert.equal(server.resumedFrom, ticket);
  });

  it('is not made by a Finished under keys that do not come from the ticket, right as it may be', () => {
    const ticket = ticketProof(psk());
    const others = [startSchedule(suiteParameters.TLS_AES_128_GCM_SHA256), startResumedSchedule(psk())];
    for (const early of others) {
      const stage = early.handshake(new Uint8Array(32), transcriptHash);
      assert.throws(() => verifyResumedFinished(ticket, resumedFinished(stage)), { code: 'KS-T136' });
    }
  });

  it('is not made by a wrong Finished, nor from a forged ticket', () => {
    const key = psk();
    const ticket = ticketProof(key);
    const stage = startResumedSchedule(key).handshake(new Uint8Array(32), transcriptHash);
    const wrong = { ...resumedFinished(stage), verifyData: new Uint8Array(32) };
    assert.throws(() => verifyResumedFinished(ticket, wrong), { code: 'KS-T109' });
    const facts = { path, psk: key, clientAuthenticated: true, authenticatedAtMs: 5 };
    const forgeries: readonly unknown[] = [facts, Object.create(Object.getPrototypeOf(ticket)), new Proxy(ticket, {})];
    for (const forged of forgeries) {
      const attempt = (): unknown => verifyResumedFinished(forged as AuthenticatedTicket, resumedFinished(stage));
      assert.throws(attempt, { code: 'KS-T136' });
    }
    const TicketClass = Object.getPrototypeOf(ticket).constructor;
    assert.throws(() => Reflect.construct(TicketClass, [Symbol('made by verification'), path, facts]), {
      code: 'KS-T136',
    });
  });

  it('passes the origin on: a ticket of a resumed connection says nothing new about who is who', () => {
    const key = psk();
    const stage = startResumedSchedule(key).handshake(new Uint8Array(32), transcriptHash);
    const server = verifyResumedFinished(ticketProof(key), resumedFinished(stage));
    const later = proveTicket(server, { psk: psk(), clientAuthenticated: false, authenticatedAtMs: 99 });
    assert.deepEqual([later.clientAuthenticated, later.authenticatedAtMs, later.path], [true, 5, path]);
  });

  it('needs a proof to make a ticket from', () => {
    const facts = { psk: psk(), clientAuthenticated: true, authenticatedAtMs: 5 };
    assert.throws(() => proveTicket({ path } as unknown as AuthenticatedServer, facts), { code: 'KS-T136' });
  });
});

function session(): ResumableMaster {
  const suite = suiteParameters.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  return new ResumableMaster(suite, new Uint8Array(48).fill(9));
}

function tls12TicketProof(master: ResumableMaster): AuthenticatedTls12Ticket {
  return proveTls12Ticket(genuineTls12(), { master, clientAuthenticated: true, authenticatedAtMs: 5 });
}

function tls12Finished(master: MasterStage): Parameters<typeof verifyTls12ResumedFinished>[1] {
  return { master, handshakeHash: transcriptHash, verifyData: master.finished('server', transcriptHash) };
}

describe('the proof of a resumed TLS 1.2 connection', () => {
  it('opens the channel, with the path of the session that the ticket came from', () => {
    const master = session();
    const ticket = tls12TicketProof(master);
    const server = verifyTls12ResumedFinished(ticket, tls12Finished(master.resume(randoms)));
    assert.equal(new ApplicationChannel(server, new RecordWriter(1)).path, path);
    assert.equal(server.resumedFrom, ticket);
  });

  it('is not made by a Finished under a master secret that does not come from the ticket, right as it may be', () => {
    const ticket = tls12TicketProof(session());
    const sharedSecret = new Uint8Array(32);
    const full = extendedMaster(session().suite, randoms, { sharedSecret, sessionHash: transcriptHash });
    for (const master of [session().resume(randoms), full]) {
      assert.throws(() => verifyTls12ResumedFinished(ticket, tls12Finished(master)), { code: 'KS-T136' });
    }
  });

  it('is not made by a wrong Finished, nor from a forged ticket or one of TLS 1.3', () => {
    const master = session();
    const ticket = tls12TicketProof(master);
    const stage = master.resume(randoms);
    const wrong = { ...tls12Finished(stage), verifyData: new Uint8Array(12) };
    assert.throws(() => verifyTls12ResumedFinished(ticket, wrong), { code: 'KS-T109' });
    const facts = { path, master, clientAuthenticated: true, authenticatedAtMs: 5 };
    const forgeries: readonly unknown[] = [
      facts,
      Object.create(Object.getPrototypeOf(ticket)),
      new Proxy(ticket, {}),
      ticketProof(psk()),
    ];
    for (const forged of forgeries) {
      const attempt = (): unknown =>
        verifyTls12ResumedFinished(forged as AuthenticatedTls12Ticket, tls12Finished(stage));
      assert.throws(attempt, { code: 'KS-T136' });
    }
    const TicketClass = Object.getPrototypeOf(ticket).constructor;
    assert.throws(() => Reflect.construct(TicketClass, [Symbol('made by verification'), path, facts]), {
      code: 'KS-T136',
    });
  });

  it('passes the origin on, and needs a proof to make a ticket from', () => {
    const master = session();
    const server = verifyTls12ResumedFinished(tls12TicketProof(master), tls12Finished(master.resume(randoms)));
    const facts = { master: session(), clientAuthenticated: false, authenticatedAtMs: 99 };
    const later = proveTls12Ticket(server, facts);
    assert.deepEqual([later.clientAuthenticated, later.authenticatedAtMs, later.path], [true, 5, path]);
    assert.throws(() => proveTls12Ticket({ path } as unknown as AuthenticatedServer, facts), { code: 'KS-T136' });
  });
});

describe('the proof of authentication', () => {
  it('of TLS 1.2 is made by the signed key exchange and Finished, and opens the channel', () => {
    assert.equal(new ApplicationChannel(genuineTls12(), new RecordWriter(1)).path, path);
    assert.deepEqual([keyExchangeProof().group, [...keyExchangeProof().share]], ['X25519', [9]]);
  });

  it('that verification made opens the channel', () => {
    assert.equal(new ApplicationChannel(genuine(), new RecordWriter(1)).path, path);
  });

  it('that was forged does not, at run time', () => {
    const real = genuine();
    const forgeries: readonly unknown[] = [
      { path },
      undefined,
      null,
      Object.create(Object.getPrototypeOf(real)),
      structuredClone({ path }),
      new Proxy(real, {}),
      signatureProof(),
      keyExchangeProof(),
    ];
    for (const forged of forgeries) {
      assert.throws(() => new ApplicationChannel(forged as AuthenticatedServer, new RecordWriter(1)), {
        code: 'KS-T136',
      });
    }
  });

  it('cannot be constructed through an instance that one has', () => {
    const ProofClass = Object.getPrototypeOf(genuine()).constructor;
    for (const key of [undefined, Symbol('made by verification'), Symbol.for('made by verification')]) {
      assert.throws(() => Reflect.construct(ProofClass, [key, path]), { code: 'KS-T136' });
    }
  });

  it('has no factory among the exports but the verifications themselves', () => {
    assert.deepEqual(Object.keys(proofModule).sort(), [
      'demandAuthenticated',
      'proveTicket',
      'proveTls12Ticket',
      'verifyChain',
      'verifyFinished',
      'verifyKeyExchange',
      'verifyResumedFinished',
      'verifySignature',
      'verifyTls12Finished',
      'verifyTls12ResumedFinished',
    ]);
  });
});
