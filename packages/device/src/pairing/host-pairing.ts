import { randomBytes } from 'node:crypto';
import { equalPublicBytes, toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import {
  callCommand,
  commands,
  type Exchange,
  HostExchange,
  type PairingStatement,
  type SecureChannel,
  X25519_LENGTH,
  X25519Key,
} from '@keystile/link';

/**
 * The host's half of the pairing: its static key, and the static key of the part that it was paired with.
 *
 * The two belong to one device for its life. Without a part's key it is the pairing of a host that has met none yet.
 */
export class HostPairing {
  readonly #privateKey: Uint8Array;
  readonly #staticKey: X25519Key;
  readonly partKey: Uint8Array | undefined;

  /** `privateKey` and `partKey` are the 32 bytes of X25519 keys. */
  constructor(privateKey: Uint8Array, partKey?: Uint8Array) {
    this.#privateKey = privateKey.slice();
    this.#staticKey = new X25519Key(this.#privateKey);
    this.partKey = partKey?.slice();
  }

  static create(): HostPairing {
    return new HostPairing(random(X25519_LENGTH));
  }

  get publicKey(): Uint8Array {
    return this.#staticKey.publicKey;
  }

  withPart(partKey: Uint8Array): HostPairing {
    return new HostPairing(this.#privateKey, partKey);
  }

  /** For the file that keeps it, and for nothing else. */
  exportPrivateKey(): Uint8Array {
    return this.#privateKey.slice();
  }

  /**
   * Runs the exchange, in clear, that a channel comes of. `check` judges whom this host met before the exchange is
   * finished; without one it must be the part that this host was paired with. Throws `KS-D120` (another part),
   * `KS-L115`, `KS-L116`, what `check` throws, or the part's refusal.
   */
  async openChannel(inClear: Exchange, check: PairingCheck = (met) => this.#demandPart(met)): Promise<MadeChannel> {
    const exchange = new HostExchange({ staticKey: this.#staticKey, random });
    const begun = await callCommand(inClear, commands.pairBegin, exchange.request);
    const { statement, finish, channel } = exchange.accept(begun);
    try {
      await check(statement);
      await callCommand(inClear, commands.pairFinish, finish);
    } catch (error) {
      channel.close();
      throw error;
    }
    return { channel, partKey: statement.partKey };
  }

  #demandPart({ partKey }: PairingStatement): void {
    if (this.partKey !== undefined && equalPublicBytes(this.partKey, partKey)) return;
    throw new KeystileError('KS-D120', `part ${toHex(partKey.subarray(0, 8))} is not the one of this host`);
  }
}

/** Throws unless the statement is of the part that is meant. */
export type PairingCheck = (statement: PairingStatement) => void | Promise<void>;

export interface MadeChannel {
  readonly channel: SecureChannel;
  readonly partKey: Uint8Array;
}

function random(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}
