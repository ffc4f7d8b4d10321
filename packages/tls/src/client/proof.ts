import { KeystileError } from '@keystile/errors';
import { describeCode, type SignatureScheme, signatureSchemeCodes } from '../codepoints.ts';
import type { CertificateVerify } from '../messages/certificate-verify.ts';
import type { HandshakeStage, HandshakeTraffic, Psk } from '../schedule/stages.ts';
import { certificateVerifyContent, parseVerifyingKey, type VerifyingKey } from '../signature.ts';
import type { CertificateVerifier, ServerCertificateRequest, VerifiedServerPath } from './verifier.ts';

/**
 * Server authentication as three proofs, each made from the one before it and only by the check it stands for:
 *
 *   verifyChain ─► VerifiedChain ─ verifySignature ─► VerifiedSignature ─ verifyFinished ─► AuthenticatedServer
 *                                                                                      ▲          │ proveTicket
 *                                                     verifyResumedFinished, later ────┘          ▼
 *                                                                              └────────── AuthenticatedTicket
 *
 * A resumed connection has no chain and no signature of its own: it takes them from the session whose ticket it used,
 * and its keys must come from that ticket's key.
 *
 * Application data is reachable with an `AuthenticatedServer` alone (application-channel.ts). The classes are not
 * exported as values, their constructors demand a symbol of this module, and {@link demandAuthenticated} looks for a
 * private field: an object of the right shape or prototype that was made elsewhere fails at run time.
 */
export type { AuthenticatedServer, AuthenticatedTicket, VerifiedChain, VerifiedSignature };

/** The chain leads from the dialled name to an anchor. Verifier errors pass through; any other throw is the part's fault. */
export function verifyChain(verifier: CertificateVerifier, request: ServerCertificateRequest): VerifiedChain {
  const path = callVerifier(verifier, request);
  const key = parseVerifyingKey(path.leafSpki);
  if (key === undefined) {
    throw new KeystileError('KS-T107', "the server's certificate holds a key that is neither P-256 nor P-384");
  }
  return new VerifiedChain(mint, path, key);
}

export interface ServerSignature {
  readonly message: CertificateVerify;
  /** Hash over ClientHello to Certificate. */
  readonly transcriptHash: Uint8Array;
  readonly schemes: readonly SignatureScheme[];
}

/** The server holds the key of the chain's leaf, RFC 8446 §4.4.3. */
export function verifySignature(
  chain: VerifiedChain,
  { message, transcriptHash, schemes }: ServerSignature,
): VerifiedSignature {
  const { key } = chain;
  const isAllowed = schemes.some((scheme) => signatureSchemeCodes[scheme] === message.scheme);
  if (!isAllowed || signatureSchemeCodes[key.scheme] !== message.scheme) {
    const named = describeCode(signatureSchemeCodes, message.scheme);
    throw new KeystileError(
      'KS-T107',
      `the server signed with ${named}; its certificate's key and the policy ask for ${key.scheme}`,
    );
  }
  if (!key.verify(certificateVerifyContent('server', transcriptHash), message.signature)) {
    throw new KeystileError('KS-T108', "the server's signature does not verify under the key of its certificate");
  }
  return new VerifiedSignature(mint, chain.path);
}

export interface ServerFinished {
  readonly verifyData: Uint8Array;
  /** Hash over ClientHello to CertificateVerify. */
  readonly transcriptHash: Uint8Array;
  readonly traffic: HandshakeTraffic;
}

/** Both ends saw the same handshake, RFC 8446 §4.4.4. */
export function verifyFinished(signature: VerifiedSignature, finished: ServerFinished): AuthenticatedServer {
  if (!finished.traffic.isFinished(finished.verifyData, finished.transcriptHash)) {
    throw new KeystileError('KS-T109', "the server's Finished does not match the handshake that this part saw");
  }
  return new AuthenticatedServer(mint, signature.path, undefined);
}

export interface TicketFacts {
  readonly psk: Psk;
  /** Whether the client's certificate and signature were sent, in the session that had a full handshake. */
  readonly clientAuthenticated: boolean;
  /** When that handshake ended, in milliseconds since 1970. */
  readonly authenticatedAtMs: number;
}

/** The ticket came on a connection to this server. On a resumed one the origin's facts stand, not the given ones. */
export function proveTicket(server: AuthenticatedServer, facts: TicketFacts): AuthenticatedTicket {
  demandAuthenticated(server);
  const origin = server.resumedFrom;
  const { clientAuthenticated, authenticatedAtMs } = origin ?? facts;
  return new AuthenticatedTicket(mint, server.path, { psk: facts.psk, clientAuthenticated, authenticatedAtMs });
}

export interface ResumedServerFinished {
  readonly verifyData: Uint8Array;
  /** Hash over ClientHello to EncryptedExtensions. */
  readonly transcriptHash: Uint8Array;
  readonly stage: HandshakeStage;
}

/** The server holds the ticket's key, and both ends saw the same handshake (RFC 8446 §2.2, §4.4.4). */
export function verifyResumedFinished(
  ticket: AuthenticatedTicket,
  { verifyData, transcriptHash, stage }: ResumedServerFinished,
): AuthenticatedServer {
  if (!AuthenticatedTicket.made(ticket) || !stage.startedFrom(ticket.psk)) {
    throw new KeystileError('KS-T136', "a resumption whose keys do not come from an authenticated session's ticket");
  }
  if (!stage.server.isFinished(verifyData, transcriptHash)) {
    throw new KeystileError('KS-T109', "the server's Finished does not match the handshake that this part saw");
  }
  return new AuthenticatedServer(mint, ticket.path, ticket);
}

/** Throws `KS-T136` unless {@link verifyFinished} made this very object. */
export function demandAuthenticated(proof: AuthenticatedServer): void {
  if (!AuthenticatedServer.made(proof)) {
    throw new KeystileError('KS-T136', 'application data was asked for with a proof that verification did not make');
  }
}

const mint = Symbol('made by verification');

class VerifiedChain {
  readonly path: VerifiedServerPath;
  readonly #key: VerifyingKey;

  constructor(key: symbol, path: VerifiedServerPath, verifyingKey: VerifyingKey) {
    demandMint(key);
    this.path = path;
    this.#key = verifyingKey;
  }

  get key(): VerifyingKey {
    return this.#key;
  }
}

class VerifiedSignature {
  readonly #path: VerifiedServerPath;

  constructor(key: symbol, path: VerifiedServerPath) {
    demandMint(key);
    this.#path = path;
  }

  get path(): VerifiedServerPath {
    return this.#path;
  }
}

class AuthenticatedServer {
  readonly #path: VerifiedServerPath;
  readonly #resumedFrom: AuthenticatedTicket | undefined;

  constructor(key: symbol, path: VerifiedServerPath, resumedFrom: AuthenticatedTicket | undefined) {
    demandMint(key);
    this.#path = path;
    this.#resumedFrom = resumedFrom;
  }

  static made(candidate: AuthenticatedServer): boolean {
    return typeof candidate === 'object' && candidate !== null && #path in candidate;
  }

  /** Of the full handshake, also on a resumed connection. */
  get path(): VerifiedServerPath {
    return this.#path;
  }

  get resumedFrom(): AuthenticatedTicket | undefined {
    return this.#resumedFrom;
  }
}

class AuthenticatedTicket {
  readonly #path: VerifiedServerPath;
  readonly #facts: TicketFacts;

  constructor(key: symbol, path: VerifiedServerPath, facts: TicketFacts) {
    demandMint(key);
    this.#path = path;
    this.#facts = facts;
  }

  static made(candidate: AuthenticatedTicket): boolean {
    return typeof candidate === 'object' && candidate !== null && #path in candidate;
  }

  get path(): VerifiedServerPath {
    return this.#path;
  }

  get psk(): Psk {
    return this.#facts.psk;
  }

  get clientAuthenticated(): boolean {
    return this.#facts.clientAuthenticated;
  }

  get authenticatedAtMs(): number {
    return this.#facts.authenticatedAtMs;
  }

  destroy(): void {
    this.#facts.psk.destroy();
  }
}

function demandMint(key: symbol): void {
  if (key !== mint)
    throw new KeystileError('KS-T136', 'a proof of authentication was constructed outside verification');
}

function callVerifier(verifier: CertificateVerifier, request: ServerCertificateRequest): VerifiedServerPath {
  try {
    return verifier.verify(request);
  } catch (error) {
    if (error instanceof KeystileError) throw error;
    throw new KeystileError('KS-T100', 'the certificate verifier failed', { cause: error });
  }
}
