import { concatBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { describeCode, type Group, groupCodes, type SignatureScheme, signatureSchemeCodes } from '../codepoints.ts';
import type { CertificateVerify } from '../messages/certificate-verify.ts';
import type { HandshakeStage, HandshakeTraffic, Psk } from '../schedule/stages.ts';
import { certificateVerifyContent, parseVerifyingKey, type VerifyingKey } from '../signature.ts';
import type { ServerKeyExchange } from '../tls12/messages/server-key-exchange.ts';
import type { HelloRandoms, MasterStage, ResumableMaster } from '../tls12/stages.ts';
import type { CertificateVerifier, ServerCertificateRequest, VerifiedServerPath } from './verifier.ts';

/**
 * Server authentication as three proofs, each made from the one before it and only by the check it stands for:
 *
 *   verifyChain ─► VerifiedChain ─ verifySignature ─► VerifiedSignature ─ verifyFinished ─► AuthenticatedServer
 *                                                                                      ▲          │ proveTicket
 *                                                     verifyResumedFinished, later ────┘          ▼
 *                                                                              └────────── AuthenticatedTicket
 *
 * In TLS 1.2 the signature is in the key exchange: its steps are verifyKeyExchange and verifyTls12Finished, and its
 * tickets are a kind of their own (proveTls12Ticket, verifyTls12ResumedFinished).
 *
 * A resumed connection has no chain and no signature of its own: it takes them from the session whose ticket it used,
 * and its keys must come from that ticket's key.
 *
 * Application data is reachable with an `AuthenticatedServer` alone (application-channel.ts). The classes are not
 * exported as values, their constructors demand a symbol of this module, and {@link demandAuthenticated} looks for a
 * private field: an object of the right shape or prototype that was made elsewhere fails at run time.
 */
export type {
  AuthenticatedServer,
  AuthenticatedTicket,
  AuthenticatedTls12Ticket,
  VerifiedChain,
  VerifiedKeyExchange,
  VerifiedSignature,
};

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
  demandSignature(chain, { ...message, schemes, content: certificateVerifyContent('server', transcriptHash) });
  return new VerifiedSignature(mint, chain.path);
}

export interface ServerKeyExchangeSignature {
  readonly message: ServerKeyExchange;
  readonly randoms: HelloRandoms;
  readonly schemes: readonly SignatureScheme[];
  /** Those that the hello offered for TLS 1.2. */
  readonly groups: readonly Group[];
}

/** TLS 1.2: the server holds the leaf's key and made this share for this very connection, RFC 8422 §5.4. */
export function verifyKeyExchange(
  chain: VerifiedChain,
  { message, randoms, schemes, groups }: ServerKeyExchangeSignature,
): VerifiedKeyExchange {
  const content = concatBytes(randoms.client, randoms.server, message.params);
  demandSignature(chain, { ...message, schemes, content });
  const group = groups.find((offered) => groupCodes[offered] === message.group);
  if (group === undefined) {
    const described = describeCode(groupCodes, message.group);
    throw new KeystileError('KS-T112', `the server chose the group ${described}, which was not offered`);
  }
  return new VerifiedKeyExchange(mint, chain.path, { group, share: message.share.slice() });
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

/** What a session passes on to those that resume it. */
interface SessionFacts {
  /** Whether the client's certificate and signature were sent, in the session that had a full handshake. */
  readonly clientAuthenticated: boolean;
  /** When that handshake ended, in milliseconds since 1970. */
  readonly authenticatedAtMs: number;
}

export interface TicketFacts extends SessionFacts {
  readonly psk: Psk;
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

export interface Tls12Finished {
  readonly verifyData: Uint8Array;
  /** Hash over all handshake messages before it. */
  readonly handshakeHash: Uint8Array;
  readonly master: MasterStage;
}

/** TLS 1.2: both ends saw the same handshake and have the secret of the verified key exchange, RFC 5246 §7.4.9. */
export function verifyTls12Finished(keyExchange: VerifiedKeyExchange, finished: Tls12Finished): AuthenticatedServer {
  demandServerFinished(finished);
  return new AuthenticatedServer(mint, keyExchange.path, undefined);
}

export interface Tls12TicketFacts extends SessionFacts {
  readonly master: ResumableMaster;
}

/** The same as {@link proveTicket} for a ticket of TLS 1.2. */
export function proveTls12Ticket(server: AuthenticatedServer, facts: Tls12TicketFacts): AuthenticatedTls12Ticket {
  demandAuthenticated(server);
  const { clientAuthenticated, authenticatedAtMs } = server.resumedFrom ?? facts;
  return new AuthenticatedTls12Ticket(mint, server.path, {
    master: facts.master,
    clientAuthenticated,
    authenticatedAtMs,
  });
}

/** The server holds the ticket's master secret, and both ends saw the same handshake (RFC 5077 §3.1, RFC 7627 §5.3). */
export function verifyTls12ResumedFinished(
  ticket: AuthenticatedTls12Ticket,
  { verifyData, handshakeHash, master }: Tls12Finished,
): AuthenticatedServer {
  if (!AuthenticatedTls12Ticket.made(ticket) || !master.startedFrom(ticket.master)) {
    throw new KeystileError('KS-T136', "a resumption whose keys do not come from an authenticated session's ticket");
  }
  demandServerFinished({ verifyData, handshakeHash, master });
  return new AuthenticatedServer(mint, ticket.path, ticket);
}

function demandServerFinished({ verifyData, handshakeHash, master }: Tls12Finished): void {
  if (!master.isServerFinished(verifyData, handshakeHash)) {
    throw new KeystileError('KS-T109', "the server's Finished does not match the handshake that this part saw");
  }
}

/** Throws `KS-T136` unless a verification of Finished made this very object. */
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

interface VerifiedShare {
  readonly group: Group;
  readonly share: Uint8Array;
}

class VerifiedKeyExchange {
  readonly #path: VerifiedServerPath;
  readonly #share: VerifiedShare;

  constructor(key: symbol, path: VerifiedServerPath, share: VerifiedShare) {
    demandMint(key);
    this.#path = path;
    this.#share = share;
  }

  get path(): VerifiedServerPath {
    return this.#path;
  }

  get group(): Group {
    return this.#share.group;
  }

  get share(): Uint8Array {
    return this.#share.share;
  }
}

class AuthenticatedServer {
  readonly #path: VerifiedServerPath;
  readonly #resumedFrom: SessionFacts | undefined;

  constructor(key: symbol, path: VerifiedServerPath, resumedFrom: SessionFacts | undefined) {
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

  /** The ticket, if it was by one. */
  get resumedFrom(): SessionFacts | undefined {
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

class AuthenticatedTls12Ticket implements SessionFacts {
  readonly #path: VerifiedServerPath;
  readonly #facts: Tls12TicketFacts;

  constructor(key: symbol, path: VerifiedServerPath, facts: Tls12TicketFacts) {
    demandMint(key);
    this.#path = path;
    this.#facts = facts;
  }

  static made(candidate: AuthenticatedTls12Ticket): boolean {
    return typeof candidate === 'object' && candidate !== null && #path in candidate;
  }

  get path(): VerifiedServerPath {
    return this.#path;
  }

  get master(): ResumableMaster {
    return this.#facts.master;
  }

  get clientAuthenticated(): boolean {
    return this.#facts.clientAuthenticated;
  }

  get authenticatedAtMs(): number {
    return this.#facts.authenticatedAtMs;
  }

  destroy(): void {
    this.#facts.master.destroy();
  }
}

function demandMint(key: symbol): void {
  if (key !== mint)
    throw new KeystileError('KS-T136', 'a proof of authentication was constructed outside verification');
}

interface Signed {
  readonly scheme: number;
  readonly signature: Uint8Array;
  readonly content: Uint8Array;
  readonly schemes: readonly SignatureScheme[];
}

/** The scheme is allowed and the one of the leaf's key, and the signature verifies under it. */
function demandSignature({ key }: VerifiedChain, { scheme, signature, content, schemes }: Signed): void {
  const isAllowed = schemes.some((allowed) => signatureSchemeCodes[allowed] === scheme);
  if (!isAllowed || signatureSchemeCodes[key.scheme] !== scheme) {
    const named = describeCode(signatureSchemeCodes, scheme);
    throw new KeystileError(
      'KS-T107',
      `the server signed with ${named}; its certificate's key and the policy ask for ${key.scheme}`,
    );
  }
  if (!key.verify(content, signature)) {
    throw new KeystileError('KS-T108', "the server's signature does not verify under the key of its certificate");
  }
}

function callVerifier(verifier: CertificateVerifier, request: ServerCertificateRequest): VerifiedServerPath {
  try {
    return verifier.verify(request);
  } catch (error) {
    if (error instanceof KeystileError) throw error;
    throw new KeystileError('KS-T100', 'the certificate verifier failed', { cause: error });
  }
}
