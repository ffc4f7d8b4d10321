import { createHash, timingSafeEqual } from 'node:crypto';
import { RecordProtection } from '../record/protection.ts';
import { ivLength, type SuiteParameters } from '../suites.ts';
import { hkdfExtract, hmac } from './hkdf.ts';
import { Secret } from './secret.ts';

/**
 * The TLS 1.3 key schedule (RFC 8446 §7.1) as one type per stage, each with only its legal next derivations:
 *
 *            0                    (EC)DHE                    0
 *            ▼                       ▼                       ▼
 *   0 ─► EarlyStage ─.handshake()─► HandshakeStage ─.application()─► ApplicationStage
 *                                    client, server                   client, server, exporter
 *                                    HandshakeTraffic                 ApplicationTraffic ─.next()─► …
 *
 * A stage zeroes its own secret when the next is derived from it, so no step can be taken twice. Transcript hashes
 * come from the caller; nothing here knows messages. Reporting key *names* to a trace is the caller's business too.
 */
export function startSchedule(suite: SuiteParameters): EarlyStage {
  const zeros = new Uint8Array(suite.hashLength);
  return new EarlyStage(new Secret(suite, hkdfExtract(suite.hash, zeros, zeros)));
}

export class EarlyStage {
  readonly #secret: Secret;

  constructor(secret: Secret) {
    this.#secret = secret;
  }

  /** Mixes in the shared secret, which is zeroed. `helloHash` covers ClientHello to ServerHello. */
  handshake(sharedSecret: Uint8Array, helloHash: Uint8Array): HandshakeStage {
    const secret = extractNext(this.#secret, sharedSecret);
    sharedSecret.fill(0);
    return new HandshakeStage(secret, helloHash);
  }

  destroy(): void {
    this.#secret.destroy();
  }
}

export class HandshakeStage {
  readonly client: HandshakeTraffic;
  readonly server: HandshakeTraffic;
  readonly #secret: Secret;

  constructor(secret: Secret, helloHash: Uint8Array) {
    this.#secret = secret;
    this.client = new HandshakeTraffic(secret.derive('c hs traffic', helloHash));
    this.server = new HandshakeTraffic(secret.derive('s hs traffic', helloHash));
  }

  /** `finishedHash` covers ClientHello to the server's Finished. The two handshake traffics stay usable. */
  application(finishedHash: Uint8Array): ApplicationStage {
    const master = extractNext(this.#secret, new Uint8Array(this.#secret.suite.hashLength));
    const stage = new ApplicationStage(master, finishedHash);
    // The resumption secret will branch off here; until then nothing needs the master secret again.
    master.destroy();
    return stage;
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
    const { hash, hashLength } = this.#secret.suite;
    const key = this.#secret.expand('finished', new Uint8Array(0), hashLength);
    const verifyData = hmac(hash, key, transcriptHash);
    key.fill(0);
    return verifyData;
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

  constructor(master: Secret, finishedHash: Uint8Array) {
    this.client = new ApplicationTraffic(master.derive('c ap traffic', finishedHash));
    this.server = new ApplicationTraffic(master.derive('s ap traffic', finishedHash));
    this.exporter = new ExporterSecret(master.derive('exp master', finishedHash));
  }

  destroy(): void {
    this.client.destroy();
    this.server.destroy();
    this.exporter.destroy();
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

  export(label: string, context: Uint8Array, length: number): Uint8Array {
    const { hash } = this.#secret.suite;
    const labelled = this.#secret.derive(label, digest(hash, new Uint8Array(0)));
    const value = labelled.expand('exporter', digest(hash, context), length);
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
  const salt = from.expand('derived', digest(suite.hash, new Uint8Array(0)), suite.hashLength);
  from.destroy();
  const next = new Secret(suite, hkdfExtract(suite.hash, salt, input));
  salt.fill(0);
  return next;
}

/** RFC 8446 §7.3. */
function recordProtection(secret: Secret): RecordProtection {
  const empty = new Uint8Array(0);
  const key = secret.expand('key', empty, secret.suite.keyLength);
  return new RecordProtection(secret.suite, key, secret.expand('iv', empty, ivLength));
}

function digest(hash: SuiteParameters['hash'], bytes: Uint8Array): Uint8Array {
  return createHash(hash).update(bytes).digest();
}
