import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { ApplicationChannel } from '../../src/client/application-channel.ts';
import * as proofModule from '../../src/client/proof.ts';
import {
  type AuthenticatedServer,
  type VerifiedChain,
  type VerifiedSignature,
  verifyChain,
  verifyFinished,
  verifySignature,
} from '../../src/client/proof.ts';
import { RecordWriter } from '../../src/record/writer.ts';
import { startSchedule } from '../../src/schedule/stages.ts';
import { certificateVerifyContent } from '../../src/signature.ts';
import { suiteParameters } from '../../src/suites.ts';

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

describe('the proof of authentication', () => {
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
      'verifyChain',
      'verifyFinished',
      'verifyKeyExchange',
      'verifySignature',
      'verifyTls12Finished',
    ]);
  });
});
