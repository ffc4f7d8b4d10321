import { createHash, timingSafeEqual } from 'node:crypto';
import { RecordProtection } from '../record/protection.ts';
import { ivLength, type SuiteParameters } from '../suites.ts';
import { hkdfExtract } from './hkdf.ts';
import { hmac } from './hmac.ts';
import { Secret } from './secret.ts';

/**
 * The TLS 1.3 key schedule (RFC 8446 §7.1) as one type per stage, each with only its legal next derivations:
 *
 *          0 or PSK               (EC)DHE                    0
 *            ▼                       ▼                       ▼
 *   0 ─► EarlyStage ─.handshake()─► HandshakeStage ─.application()─► ApplicationStage ─.resumption()─► ResumptionSecret
 *         binder                     client, server                   client, server, exporter           .psk(nonce)
 *                                    HandshakeTraffic                 ApplicationTraffic ─.next()─► …        │
 *            ▲                                                                                            Psk ▼
 *            └───────────────────── startResumedSchedule(psk), in a later connection ─────────────────────────┘
 *
 * A stage zeroes its own secret when the next is derived from it, so no step can be taken twice. Transcript hashes
 * come from the caller; nothing here knows messages. Reporting key *names* to a trace is the caller's business too.
 */
export function startSchedule(suite: SuiteParameters): EarlyStage {
  const zeros = new Uint8Array(suite.hashLength);
  return new EarlyStage(new Secret(suite, hkdfExtract(suite.hash, zeros, zeros)), undefined);
}

/** The schedule of a connection that offers to resume. The pre-shared key is destroyed: it serves one connection. */
export function startResumedSchedule(psk: Psk): EarlyStage {
  return new EarlyStage(psk.extract(), psk);
}

/**
 * The pre-shared key of one ticket, RFC 8446 §4.6.1. As an object it is also the mark by which the later stages show
 * what they were derived from, when its secret is long gone.
 */
export class Psk {
  readonly #secret: Secret;

  constructor(secret: Secret) {
    this.#secret = secret;
  }

  /** The suite of the connection that the ticket came in; a connection that resumes may have another of its hash. */
  get suite(): SuiteParameters {
    return this.#secret.suite;
  }

  /** The early secret. Works once. */
  extract(): Secret {
    const early = this.#secret.extractedWith(new Uint8Array(this.suite.hashLength));
    this.#secret.destroy();
    return early;
  }

  destroy(): void {
    this.#secret.destroy();
  }
}

export class EarlyStage {
  readonly #secret: Secret;
  readonly #psk: Psk | undefined;

  constructor(secret: Secret, psk: Psk | undefined) {
    this.#secret = secret;
    this.#psk = psk;
  }

  get suite(): SuiteParameters {
    return this.#secret.suite;
  }

  /** The proof of holding the pre-shared key, RFC 8446 §4.2.11.2. `helloHash` ends before the binders. */
  binder(helloHash: Uint8Array): Uint8Array {
    const { suite } = this;
    const key = this.#secret.derive('res binder', emptyDigests[suite.hash]);
    const binder = finishedOf(key, helloHash);
    key.destroy();
    return binder;
  }

  /**
   * Mixes in the shared secret, which is zeroed. `helloHash` covers ClientHello to ServerHello; `suite` is the server's
   * choice, which after a pre-shared key need only have the same hash.
   */
  handshake(sharedSecret: Uint8Array, helloHash: Uint8Array, suite: SuiteParameters = this.suite): HandshakeStage {
    const secret = extractNext(this.#secret, sharedSecret).movedTo(suite);
    sharedSecret.fill(0);
    return new HandshakeStage(secret, helloHash, this.#psk);
  }

  destroy(): void {
    this.#secret.destroy();
  }
}

export class HandshakeStage {
  readonly client: HandshakeTraffic;
  readonly server: HandshakeTraffic;
  readonly #secret: Secret;
  readonly #origin: Psk | undefined;

  constructor(secret: Secret, helloHash: Uint8Array, origin: Psk | undefined) {
    this.#secret = secret;
    this.#origin = origin;
    this.client = new HandshakeTraffic(secret.derive('c hs traffic', helloHash));
    this.server = new HandshakeTraffic(secret.derive('s hs traffic', helloHash));
  }

  /** Whether all of it was derived from this very pre-shared key. */
  startedFrom(origin: Psk): boolean {
    return this.#origin === origin;
  }

  /** `finishedHash` covers ClientHello to the server's Finished. The two handshake traffics stay usable. */
  application(finishedHash: Uint8Array): ApplicationStage {
    const master = extractNext(this.#secret, new Uint8Array(this.#secret.suite.hashLength));
    return new ApplicationStage(master, finishedHash);
  }

  destroy(): void {
    this.#secret.destroy();
    this.client.destroy();
    this.server.destroy();
  }
}

/** One direction's handshake secret: record keys and that side's Finished. */
export class HandshakeTraffic {
  readonly #secret: Secret;

  constructor(secret: Secret) {
    this.#secret = secret;
  }

  protection(): RecordProtection {
    return recordProtection(this.#secret);
  }

  /** verify_data of this side's Finished, RFC 8446 §4.4.4. */
  finished(transcriptHash: Uint8Array): Uint8Array {
    return finishedOf(this.#secret, transcriptHash);
  }

  /** Whether `verifyData` is this side's Finished, compared in constant time. */
  isFinished(verifyData: Uint8Array, transcriptHash: Uint8Array): boolean {
    const expected = this.finished(transcriptHash);
    return verifyData.length === expected.length && timingSafeEqual(verifyData, expected);
  }

  destroy(): void {
    this.#secret.destroy();
  }
}

export class ApplicationStage {
  readonly client: ApplicationTraffic;
  readonly server: ApplicationTraffic;
  readonly exporter: ExporterSecret;
  /** Lives until the client's Finished is in the transcript, which the resumption secret covers. */
  readonly #master: Secret;

  constructor(master: Secret, finishedHash: Uint8Array) {
    this.#master = master;
    this.client = new ApplicationTraffic(master.derive('c ap traffic', finishedHash));
    this.server = new ApplicationTraffic(master.derive('s ap traffic', finishedHash));
    this.exporter = new ExporterSecret(master.derive('exp master', finishedHash));
  }

  /** The last derivation from the master secret. `finishedHash` covers ClientHello to the client's Finished. */
  resumption(finishedHash: Uint8Array): ResumptionSecret {
    const secret = new ResumptionSecret(this.#master.derive('res master', finishedHash));
    this.#master.destroy();
    return secret;
  }

  /** For a connection that will not be resumed. */
  destroyMaster(): void {
    this.#master.destroy();
  }

  destroy(): void {
    this.#master.destroy();
    this.client.destroy();
    this.server.destroy();
    this.exporter.destroy();
  }
}

/** What the keys of tickets are made from, RFC 8446 §4.6.1. */
export class ResumptionSecret {
  readonly #secret: Secret;

  constructor(secret: Secret) {
    this.#secret = secret;
  }

  psk(ticketNonce: Uint8Array): Psk {
    return new Psk(this.#secret.derive('resumption', ticketNonce));
  }

  destroy(): void {
    this.#secret.destroy();
  }
}

/** One direction's application secret of one generation. */
export class ApplicationTraffic {
  readonly #secret: Secret;

  constructor(secret: Secret) {
    this.#secret = secret;
  }

  protection(): RecordProtection {
    return recordProtection(this.#secret);
  }

  /** The next generation, RFC 8446 §7.2; this one is destroyed. */
  next(): ApplicationTraffic {
    const next = this.#secret.derive('traffic upd', new Uint8Array(0));
    this.#secret.destroy();
    return new ApplicationTraffic(next);
  }

  destroy(): void {
    this.#secret.destroy();
  }
}

/** RFC 8446 §7.5. */
export class ExporterSecret {
  readonly #secret: Secret;

  constructor(secret: Secret) {
    this.#secret = secret;
  }

  /** Without a context it is as with an empty one. */
  export(label: string, context: Uint8Array | undefined, length: number): Uint8Array {
    const { hash } = this.#secret.suite;
    const labelled = this.#secret.derive(label, emptyDigests[hash]);
    const value = labelled.expand('exporter', digest(hash, context ?? new Uint8Array(0)), length);
    labelled.destroy();
    return value;
  }

  destroy(): void {
    this.#secret.destroy();
  }
}

/** Derive-Secret(., "derived", "") and HKDF-Extract with the next input; zeroes what it started from. */
function extractNext(from: Secret, input: Uint8Array): Secret {
  const { suite } = from;
  const salt = from.expand('derived', emptyDigests[suite.hash], suite.hashLength);
  from.destroy();
  const next = new Secret(suite, hkdfExtract(suite.hash, salt, input));
  salt.fill(0);
  return next;
}

/** An HMAC under the secret's finished_key, RFC 8446 §4.4.4; binders use it too. */
function finishedOf(secret: Secret, transcriptHash: Uint8Array): Uint8Array {
  const { hash, hashLength } = secret.suite;
  const key = secret.expand('finished', new Uint8Array(0), hashLength);
  const verifyData = hmac(hash, key, transcriptHash);
  key.fill(0);
  return verifyData;
}

/** RFC 8446 §7.3. */
function recordProtection(secret: Secret): RecordProtection {
  const empty = new Uint8Array(0);
  const key = secret.expand('key', empty, secret.suite.keyLength);
  return new RecordProtection(secret.suite, key, secret.expand('iv', empty, ivLength));
}

/** Derive-Secret of no messages. */
const emptyDigests: Readonly<Record<SuiteParameters['hash'], Uint8Array>> = {
  sha256: digest('sha256', new Uint8Array(0)),
  sha384: digest('sha384', new Uint8Array(0)),
};

function digest(hash: SuiteParameters['hash'], bytes: Uint8Array): Uint8Array {
  return createHash(hash).update(bytes).digest();
}
