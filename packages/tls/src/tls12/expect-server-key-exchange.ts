import { type VerifiedChain, verifyKeyExchange } from '../client/proof.ts';
import { type ClientState, demandType } from '../client/state.ts';
import type { HandshakeMessage } from '../messages/message.ts';
import { ExpectCertificateRequestOrDone } from './expect-server-hello-done.ts';
import type { Tls12Handshake } from './handshake.ts';
import { decodeServerKeyExchange } from './messages/server-key-exchange.ts';
import { offeredGroups } from './offered.ts';

/** Awaits ServerKeyExchange (RFC 8422 §5.4): the server's ephemeral share, signed by the leaf's key for this connection. */
export class ExpectServerKeyExchange implements ClientState {
  readonly kind = 'ExpectServerKeyExchange';
  readonly #handshake: Tls12Handshake;
  readonly #chain: VerifiedChain;

  constructor(handshake: Tls12Handshake, chain: VerifiedChain) {
    this.#handshake = handshake;
    this.#chain = chain;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'ServerKeyExchange');
    const { conversation, randoms } = this.#handshake;
    const keyExchange = verifyKeyExchange(this.#chain, {
      message: decodeServerKeyExchange(message.body),
      randoms,
      schemes: conversation.policy.signatureSchemes,
      groups: offeredGroups(conversation.policy),
    });
    conversation.note({ group: keyExchange.group });
    conversation.transcript.append(message.encoded);
    return new ExpectCertificateRequestOrDone(this.#handshake, keyExchange);
  }

  destroy(): void {}
}
