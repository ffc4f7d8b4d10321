import { KeystileError } from '@keystile/errors';
import type { Part } from '../part.ts';
import { type ChainSource, isRenewalPending, renewalDue, renewCertificate, type Validity } from '../renewal.ts';
import { deviceCertificate, type PartStatus } from './part-state.ts';

export interface RenewalOptions {
  readonly chainFor: ChainSource;
  /** In [0, 1), asked once for each certificate. */
  readonly random: () => number;
  /** Powered time of the part between two attempts; default one hour. */
  readonly retryMs?: number;
}

const RETRY_MS = 3_600_000;

/** Renews the certificate of a part when it is time. Time is the part's own; nothing here has a clock. */
export class RenewalWatch {
  readonly #part: Part;
  readonly #options: RenewalOptions;
  #validity: Validity | undefined;
  #random = 0;
  #retryAtMs = 0;
  /** Of the part when its certificate was looked at last: without a write it is the same. */
  #generation = -1;
  #isPending = false;

  constructor(part: Part, options: RenewalOptions) {
    this.#part = part;
    this.#options = options;
  }

  /** True when a certificate was installed just now. Throws `KS-D139`, after which nothing is tried for a while. */
  async look({ nowMs, nvmGeneration }: PartStatus): Promise<boolean> {
    if (nowMs < this.#retryAtMs) return false;
    try {
      if (nvmGeneration !== this.#generation) await this.#read();
      this.#generation = nvmGeneration;
      if (this.#validity === undefined || this.#isPending) return false;
      if (!renewalDue(this.#validity, nowMs, this.#random)) return false;
      await renewCertificate(this.#part, this.#options.chainFor);
      this.#isPending = true;
      return true;
    } catch (cause) {
      this.#retryAtMs = nowMs + (this.#options.retryMs ?? RETRY_MS);
      throw new KeystileError('KS-D139', cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  async #read(): Promise<void> {
    this.#isPending = await isRenewalPending(this.#part);
    const certificate = await deviceCertificate(this.#part);
    const [fromMs, untilMs] = [certificate?.validFromDate.getTime(), certificate?.validToDate.getTime()];
    if (fromMs === undefined || untilMs === undefined) {
      this.#validity = undefined;
      return;
    }
    if (this.#validity?.fromMs === fromMs && this.#validity.untilMs === untilMs) return;
    this.#validity = { fromMs, untilMs };
    this.#random = this.#options.random();
  }
}
