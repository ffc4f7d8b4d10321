import { createHash } from 'node:crypto';
import { concatBytes, equalPublicBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { peekStatement } from '../sign1.ts';
import { type Evidence, evidence, type TamperEvidence, tamperEvidence } from '../statements/evidence.ts';

/**
 * Whether evidence is what a server asked for: by this key, for this nonce, about this connection, and of a part that
 * is to be served. Whose the key is, the caller has settled: this file reads no certificate.
 */
export interface EvidenceExpectation {
  /** SubjectPublicKeyInfo of the attestation key, DER, from a chain that ends at the maker. */
  readonly attestationKey: Uint8Array;
  /** The serial number that the attestation certificate names. */
  readonly serial: string;
  /** Sent by the verifier, once. */
  readonly nonce: Uint8Array;
  readonly channel: EvidenceChannel;
}

/** The connection as the verifier itself sees it. */
export interface EvidenceChannel {
  /** The registry's name of the cipher suite. */
  readonly cipherSuite: string;
  /** SHA-256 of the certificate that the verifier presents. */
  readonly certificateDigest: Uint8Array;
  /** The verifier's own value of the exporter, its context the nonce. */
  readonly exporter: Uint8Array;
}

/** Throws `KS-S100` to `KS-S103` and `KS-S120` to `KS-S127`. */
export function verifyEvidence(statement: Uint8Array, expected: EvidenceExpectation): Evidence {
  if (peekStatement(statement).contentType === tamperEvidence.contentType) {
    const report = tamperEvidence.verify(statement, expected.attestationKey);
    checkAbout(report, expected);
    throw new KeystileError('KS-S123', `${report.serial} reports a tamper event (${report.cause})`);
  }
  const stated = evidence.verify(statement, expected.attestationKey);
  checkAbout(stated, expected);
  if (!stated.session.clientAuthenticated) {
    throw new KeystileError('KS-S127', `the session of ${stated.serial} showed no client certificate`);
  }
  checkState(stated);
  return stated;
}

/** The entity id of the part that holds an attestation key (RFC 9711 §4.2.1, type RAND). */
export function entityId(attestationKey: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(UEID_TYPE_RAND), createHash('sha256').update(attestationKey).digest());
}

const UEID_TYPE_RAND = 1;

function checkAbout(stated: Evidence | TamperEvidence, expected: EvidenceExpectation): void {
  const { attestationKey, serial, nonce, channel } = expected;
  if (!equalPublicBytes(stated.ueid, entityId(attestationKey)) || stated.serial !== serial) {
    throw new KeystileError('KS-S125', `the evidence is about ${stated.serial}, its key is certified for ${serial}`);
  }
  if (!equalPublicBytes(stated.nonce, nonce)) throw new KeystileError('KS-S120', `the evidence of ${serial}`);
  const { session } = stated;
  if (!equalPublicBytes(session.peerCertificateDigest, channel.certificateDigest)) {
    throw new KeystileError('KS-S122', `the part talked to another server as ${session.serverName}`);
  }
  if (session.cipherSuite !== channel.cipherSuite || !equalPublicBytes(session.exporter, channel.exporter)) {
    throw new KeystileError('KS-S121', `the evidence of ${serial} is about another connection than this one`);
  }
}

function checkState({ serial, tampered, bootState, bootAuthorized }: Evidence): void {
  if (!tampered && bootState === 'passed' && bootAuthorized) return;
  const tamper = tampered ? ', tampered' : '';
  throw new KeystileError('KS-S124', `${serial}${tamper}: its boot is ${bootState}`);
}
