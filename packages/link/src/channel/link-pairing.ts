import type { PartExchange } from './pairing-exchange.ts';
import type { SecureChannel } from './secure-channel.ts';

/**
 * What the part's side of one link knows of its pairing: an exchange that has begun, and the channel that came of the
 * last one. Each link has its own, since each has its own sequence of frames.
 */
export class LinkPairing {
  #exchange: PartExchange | undefined;
  #channel: SecureChannel | undefined;
  /** The one before it, which may still have to seal the answer to PAIR_FINISH. */
  #replaced: SecureChannel | undefined;

  /** Undefined when there is none that still works. */
  get channel(): SecureChannel | undefined {
    return this.#channel?.isOpen === true ? this.#channel : undefined;
  }

  /** The channel that is open stays so until the exchange is finished: anyone on the bus can begin one. */
  begin(exchange: PartExchange): void {
    this.#exchange?.discard();
    this.#exchange = exchange;
  }

  /** An exchange is finished at most once, well or badly. */
  takeExchange(): PartExchange | undefined {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    return exchange;
  }

  open(channel: SecureChannel): void {
    this.forgetReplaced();
    this.#replaced = this.#channel;
    this.#channel = channel;
  }

  /** Once another request begins, the answer to the one before is out. */
  forgetReplaced(): void {
    this.#replaced?.close();
    this.#replaced = undefined;
  }

  close(): void {
    this.#exchange?.discard();
    this.#exchange = undefined;
    this.forgetReplaced();
    this.#channel?.close();
    this.#channel = undefined;
  }
}

/** Where a request came from: whether a channel has sealed it, and the link that it came by. */
export interface RequestOrigin {
  readonly sealedBy: SecureChannel | undefined;
  readonly pairing: LinkPairing;
}
