import { timingSafeEqual } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import type { pairBegin } from '../commands/pair-begin.ts';
import type { pairFinish } from '../commands/pair-finish.ts';
import type { ValueOf } from '../fields.ts';
import {
  type PairingKeys,
  type PairingSecrets,
  pairingSecrets,
  pairingTranscript,
  wipeSecrets,
} from './key-schedule.ts';
import { hostChannel, partChannel, type SecureChannel } from './secure-channel.ts';
import { X25519_LENGTH, X25519Key } from './x25519.ts';

/**
 * The exchange that begins every channel: static and ephemeral X25519 keys of both sides, after the pattern KK of the
 * Noise framework, with the confirmation of each side in a field of its own.
 *
 *   host                                              part
 *   PAIR_BEGIN   host static, host ephemeral  ───►
 *                ◄───  part static, part ephemeral, part confirmation (and, in the factory, its signed statement)
 *   PAIR_FINISH  host confirmation            ───►    the channel is open from the next frame on
 *
 * The static keys travel so that each side can say which one it met; who is trusted, the caller decides.
 */
export type PairBegin = ValueOf<typeof pairBegin.request>;
export type PairBegun = ValueOf<typeof pairBegin.result>;
export type PairFinish = ValueOf<typeof pairFinish.request>;

export interface ExchangeOptions {
  readonly staticKey: X25519Key;
  /** Cryptographically strong random bytes. */
  readonly random: (length: number) => Uint8Array;
  /** For tests: frames before the keys of the channel are used up. */
  readonly framesMax?: number;
}

/** What a first pairing has to be judged by, before it is finished. */
export interface PairingStatement {
  readonly hostKey: Uint8Array;
  readonly partKey: Uint8Array;
  /** SHA-256 over the four public keys, as this side saw them. */
  readonly transcript: Uint8Array;
  /** COSE_Sign1, content type of pairing evidence; empty outside a provisioning session. */
  readonly evidence: Uint8Array;
}

/** The host's side. */
export class HostExchange {
  readonly request: PairBegin;
  readonly #options: ExchangeOptions;
  readonly #ephemeral: X25519Key;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#ephemeral = ephemeralKey(options.random);
    this.request = { hostKey: options.staticKey.publicKey, hostEphemeral: this.#ephemeral.publicKey };
  }

  /** Throws `KS-L115` unless the other side holds the private half of `begun.partKey`; `KS-L116`. */
  accept(begun: PairBegun): { statement: PairingStatement; finish: PairFinish; channel: SecureChannel } {
    const { staticKey, framesMax } = this.#options;
    const partKey = begun.partKey.slice();
    const transcript = pairingTranscript({
      hostStatic: staticKey.publicKey,
      partStatic: partKey,
      hostEphemeral: this.#ephemeral.publicKey,
      partEphemeral: begun.partEphemeral,
    });
    const secrets = pairingSecrets(transcript, [
      staticKey.agree(partKey),
      this.#ephemeral.agree(partKey),
      staticKey.agree(begun.partEphemeral),
      this.#ephemeral.agree(begun.partEphemeral),
    ]);
    if (!timingSafeEqual(secrets.partConfirmation, begun.confirmation)) {
      wipeSecrets(secrets);
      throw new KeystileError('KS-L115', 'the confirmation is not that of the part whose key came with it');
    }
    return {
      statement: { hostKey: staticKey.publicKey, partKey, transcript, evidence: begun.evidence.slice() },
      finish: { confirmation: secrets.hostConfirmation },
      channel: hostChannel(staticKey.publicKey, secrets, framesMax),
    };
  }
}

/** The part's side, from its answer on: it waits for the host's confirmation, once. */
export class PartExchange {
  readonly keys: PairingKeys;
  readonly transcript: Uint8Array;
  /** The answer to PAIR_BEGIN, but for the statement. */
  readonly answer: Omit<PairBegun, 'evidence'>;
  readonly #framesMax: number | undefined;
  /** Undefined once the exchange is over: what is overwritten must not be compared with. */
  #secrets: PairingSecrets | undefined;

  /** Throws `KS-L116`. */
  constructor({ staticKey, random, framesMax }: ExchangeOptions, { hostKey, hostEphemeral }: PairBegin) {
    const ephemeral = ephemeralKey(random);
    this.#framesMax = framesMax;
    this.keys = {
      hostStatic: hostKey.slice(),
      partStatic: staticKey.publicKey,
      hostEphemeral: hostEphemeral.slice(),
      partEphemeral: ephemeral.publicKey,
    };
    this.transcript = pairingTranscript(this.keys);
    this.#secrets = pairingSecrets(this.transcript, [
      staticKey.agree(hostKey),
      staticKey.agree(hostEphemeral),
      ephemeral.agree(hostKey),
      ephemeral.agree(hostEphemeral),
    ]);
    this.answer = {
      partKey: this.keys.partStatic,
      partEphemeral: this.keys.partEphemeral,
      confirmation: this.#secrets.partConfirmation.slice(),
    };
  }

  /** Ends the exchange. Undefined unless the confirmation is that of the host whose key began it. */
  finish({ confirmation }: PairFinish): SecureChannel | undefined {
    const secrets = this.#secrets;
    if (secrets === undefined) return undefined;
    if (!timingSafeEqual(secrets.hostConfirmation, confirmation)) return this.discard();
    this.#secrets = undefined;
    return partChannel(this.keys.hostStatic, secrets, this.#framesMax);
  }

  /** Ends an exchange that comes to nothing; its secrets are forgotten. */
  discard(): undefined {
    if (this.#secrets !== undefined) wipeSecrets(this.#secrets);
    this.#secrets = undefined;
  }
}

function ephemeralKey(random: ExchangeOptions['random']): X25519Key {
  const bytes = random(X25519_LENGTH);
  const key = new X25519Key(bytes);
  bytes.fill(0);
  return key;
}
