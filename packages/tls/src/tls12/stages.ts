import { timingSafeEqual } from 'node:crypto';
import { ByteWriter, concatBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { SuiteParameters } from '../suites.ts';
import { prf } from './prf.ts';
import { saltLength, Tls12RecordProtection } from './record-protection.ts';

/**
 * The TLS 1.2 key schedule as one type per stage, each with only its legal next derivations:
 *
 *   ECDHE secret, session hash (RFC 7627 §4)         a later connection, with a ticket
 *                    ▼                                              ▼
 *                extendedMaster() ─► MasterStage ◄─ .resume() ─ ResumableMaster
 *                                     │ .recordKeys()               ▲           the key block, once (RFC 5246 §6.3)
 *                                     │ .finished(side)             │           verify_data (RFC 5246 §7.4.9)
 *                                     ▼ .connected()                │
 *                                ConnectedStage ─ .resumable() ─────┘           exporter (RFC 5705)
 *
 * There is no way to a master secret from the randoms alone: without the extended master secret, a man in the middle
 * can give two connections the same one. Hashes come from the caller; nothing here knows messages.
 */
export interface HelloRandoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** RFC 7627 §4. `sharedSecret` is zeroed; `sessionHash` covers ClientHello to ClientKeyExchange. */
export function extendedMaster(
  suite: SuiteParameters,
  randoms: HelloRandoms,
  { sharedSecret, sessionHash }: { readonly sharedSecret: Uint8Array; readonly sessionHash: Uint8Array },
): MasterStage {
  const label = 'extended master secret';
  const master = prf(suite.hash, sharedSecret, { label, seed: sessionHash, length: masterSecretLength });
  sharedSecret.fill(0);
  return new MasterStage({ suite, randoms, master }, undefined);
}

interface MasterSecret {
  readonly suite: SuiteParameters;
  readonly randoms: HelloRandoms;
  /** 48 bytes, which the stage that gets them owns. */
  readonly master: Uint8Array;
}

/**
 * The master secret of an earlier session, kept with its ticket. As an object it is also the mark by which a later stage
 * shows what it was made from, when the secret is long gone.
 */
export class ResumableMaster {
  /** RFC 5246 §7.4.1.3: a session is resumed with the suite it had. */
  readonly suite: SuiteParameters;
  readonly #master: Uint8Array;
  #isSpent = false;

  /** Takes ownership of `master`. */
  constructor(suite: SuiteParameters, master: Uint8Array) {
    this.suite = suite;
    this.#master = master;
  }

  /** RFC 7627 §5.3: only a session that had the extended master secret gets here. Works once. */
  resume(randoms: HelloRandoms): MasterStage {
    if (this.#isSpent) throw new KeystileError('KS-T100', 'a session was resumed twice with one ticket');
    const stage = new MasterStage({ suite: this.suite, randoms, master: this.#master.slice() }, this);
    this.destroy();
    return stage;
  }

  destroy(): void {
    this.#isSpent = true;
    this.#master.fill(0);
  }
}

export class MasterStage {
  readonly #suite: SuiteParameters;
  readonly #randoms: HelloRandoms;
  readonly #master: Uint8Array;
  readonly #origin: ResumableMaster | undefined;
  #keysDerived = false;
  #isSpent = false;

  constructor({ suite, randoms, master }: MasterSecret, origin: ResumableMaster | undefined) {
    this.#suite = suite;
    this.#randoms = randoms;
    this.#master = master;
    this.#origin = origin;
  }

  /** Whether it was made from this very session's secret. */
  startedFrom(session: ResumableMaster): boolean {
    return this.#origin === session;
  }

  /** Key expansion, RFC 5246 §6.3: both directions' keys and salts, with the server's random first. */
  recordKeys(): { readonly client: Tls12RecordProtection; readonly server: Tls12RecordProtection } {
    if (this.#keysDerived) throw new KeystileError('KS-T100', 'record keys were derived twice from one master secret');
    this.#keysDerived = true;
    const { hash, keyLength } = this.#suite;
    const { client, server } = this.#randoms;
    const length = 2 * (keyLength + saltLength);
    const block = prf(hash, this.#live(), { label: 'key expansion', seed: concatBytes(server, client), length });
    const salts = 2 * keyLength;
    const protection = (keyAt: number, saltAt: number): Tls12RecordProtection =>
      new Tls12RecordProtection(
        this.#suite,
        block.slice(keyAt, keyAt + keyLength),
        block.slice(saltAt, saltAt + saltLength),
      );
    const keys = { client: protection(0, salts), server: protection(keyLength, salts + saltLength) };
    block.fill(0);
    return keys;
  }

  /** verify_data of a side's Finished, RFC 5246 §7.4.9. `handshakeHash` covers all messages before it. */
  finished(side: 'client' | 'server', handshakeHash: Uint8Array): Uint8Array {
    const input = { label: `${side} finished`, seed: handshakeHash, length: verifyDataLength };
    return prf(this.#suite.hash, this.#live(), input);
  }

  /** Whether `verifyData` is the server's Finished, compared in constant time. */
  isServerFinished(verifyData: Uint8Array, handshakeHash: Uint8Array): boolean {
    const expected = this.finished('server', handshakeHash);
    return verifyData.length === expected.length && timingSafeEqual(verifyData, expected);
  }

  /** The handshake is done: this stage ends, and only what a connection may still derive remains. */
  connected(): ConnectedStage {
    const stage = new ConnectedStage({ suite: this.#suite, randoms: this.#randoms, master: this.#live().slice() });
    this.destroy();
    return stage;
  }

  destroy(): void {
    this.#isSpent = true;
    this.#master.fill(0);
  }

  #live(): Uint8Array {
    if (this.#isSpent) throw new KeystileError('KS-T100', 'a destroyed master secret was used');
    return this.#master;
  }
}

/** TLS 1.2 has no secret of its own for exporters, so the master secret stays for as long as the connection. */
export class ConnectedStage {
  readonly #suite: SuiteParameters;
  readonly #randoms: HelloRandoms;
  readonly #master: Uint8Array;
  #isSpent = false;

  constructor({ suite, randoms, master }: MasterSecret) {
    this.#suite = suite;
    this.#randoms = randoms;
    this.#master = master;
  }

  /** What a ticket of this connection resumes with. */
  resumable(): ResumableMaster {
    return new ResumableMaster(this.#suite, this.#live().slice());
  }

  /**
   * RFC 5705 §4, where no context is not the same as an empty one. The labels of TLS itself hold a space, which the caller's
   * check of labels excludes.
   */
  export(label: string, context: Uint8Array | undefined, length: number): Uint8Array {
    const { client, server } = this.#randoms;
    const seed = new ByteWriter(128).bytes(client).bytes(server);
    if (context !== undefined) seed.vector16(context);
    return prf(this.#suite.hash, this.#live(), { label, seed: seed.finish(), length });
  }

  destroy(): void {
    this.#isSpent = true;
    this.#master.fill(0);
  }

  #live(): Uint8Array {
    if (this.#isSpent) throw new KeystileError('KS-T100', 'a destroyed master secret was used');
    return this.#master;
  }
}

/** RFC 5246 §8.1. */
const masterSecretLength = 48;
/** RFC 5246 §7.4.9; no suite here says otherwise. */
const verifyDataLength = 12;
