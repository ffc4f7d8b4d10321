import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  type Es256Signer,
  type Evidence,
  type EvidenceExpectation,
  entityId,
  type TamperEvidence,
} from '../../src/index.ts';

/** A part with its attestation key, and a connection of it as both ends see it. */
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const attestationKey: Uint8Array = spkiOf(pair.publicKey);
export const attestationSigner: Es256Signer = signerOf(pair.privateKey);

const nonce = new Uint8Array(32).fill(1);
const certificateDigest = new Uint8Array(createHash('sha256').update('certificate').digest());
const exporter = new Uint8Array(32).fill(3);

const about = {
  profile: 'urn:keystile:evidence:1',
  nonce,
  serial: 'KS-1',
  ueid: entityId(attestationKey),
  bootCount: 5,
  sessionCount: 2,
  nvmGeneration: 300,
  session: {
    policy: 'fleet',
    serverName: 'broker.test',
    protocol: 'TLSv1.3',
    cipherSuite: 'TLS_AES_128_GCM_SHA256',
    peerCertificateDigest: certificateDigest,
    exporter,
    clientAuthenticated: true,
    resumed: false,
  },
} as const;

export const evidenceExample: Evidence = {
  ...about,
  tampered: false,
  lifeCycle: 'operational',
  bootAuthorized: true,
  bootState: 'passed',
  anchorsDigest: new Uint8Array(32).fill(4),
  components: new Map([
    ['firmware', { version: 7, digest: new Uint8Array(32).fill(5), origin: 'measured' }],
    ['kernel', { version: 7, digest: new Uint8Array(32).fill(6), origin: 'reported' }],
  ]),
};

export const tamperExample: TamperEvidence = { ...about, tampered: true, lifeCycle: 'tampered', cause: 'pin' };

/** What the server of that connection holds evidence against. */
export const expectation: EvidenceExpectation = {
  attestationKey,
  serial: 'KS-1',
  nonce,
  channel: { cipherSuite: 'TLS_AES_128_GCM_SHA256', certificateDigest, exporter },
};

export function signerOf(key: KeyObject): Es256Signer {
  return (toBeSigned) => sign('sha256', toBeSigned, { key, dsaEncoding: 'ieee-p1363' });
}

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }));
}
