import { KeystileError } from '@keystile/errors';
import { type VerifiedChain, verifyChain } from '../client/proof.ts';
import { type ClientState, demandType } from '../client/state.ts';
import { type HandshakeMessage, handshakeTypes } from '../messages/message.ts';
import { curveOf } from '../policy.ts';
import { ExpectServerKeyExchange } from './expect-server-key-exchange.ts';
import type { Tls12Handshake } from './handshake.ts';
import { decodeTls12Certificate } from './messages/certificate.ts';
import { decodeCertificateStatus } from './messages/certificate-status.ts';

/** Awaits Certificate (RFC 5246 §7.4.2). Its chain is verified at once, or when the status that belongs to it is known. */
export class ExpectTls12Certificate implements ClientState {
  readonly kind = 'ExpectTls12Certificate';
  readonly #handshake: Tls12Handshake;

  constructor(handshake: Tls12Handshake) {
    this.#handshake = handshake;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'Certificate');
    const chain = decodeTls12Certificate(message.body);
    if (chain.length === 0) throw new KeystileError('KS-T120', "the server's Certificate message is empty");
    this.#handshake.conversation.transcript.append(message.encoded);
    if (this.#handshake.mayStaple) return new ExpectCertificateStatus(this.#handshake, chain);
    return verified(this.#handshake, chain, undefined);
  }

  destroy(): void {}
}

/** Awaits CertificateStatus (RFC 6066 §8), or without it what follows: a server that promised one need not have it. */
class ExpectCertificateStatus implements ClientState {
  readonly kind = 'ExpectCertificateStatus';
  readonly #handshake: Tls12Handshake;
  readonly #chain: readonly Uint8Array[];

  constructor(handshake: Tls12Handshake, chain: readonly Uint8Array[]) {
    this.#handshake = handshake;
    this.#chain = chain;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'CertificateStatus', 'ServerKeyExchange');
    if (message.type === handshakeTypes.ServerKeyExchange) {
      return verified(this.#handshake, this.#chain, undefined).handle(message);
    }
    const next = verified(this.#handshake, this.#chain, decodeCertificateStatus(message.body));
    this.#handshake.conversation.transcript.append(message.encoded);
    return next;
  }

  destroy(): void {}
}

function verified(
  handshake: Tls12Handshake,
  chain: readonly Uint8Array[],
  stapledOcsp: Uint8Array | undefined,
): ExpectServerKeyExchange {
  const { verifier, serverName } = handshake.conversation.options;
  const request = { chain, serverName, ...(stapledOcsp === undefined ? {} : { stapledOcsp }) };
  const verifiedChain = verifyChain(verifier, request);
  demandOfferedCurve(handshake, verifiedChain);
  return new ExpectServerKeyExchange(handshake, verifiedChain);
}

/** RFC 8422 §5.3: in TLS 1.2 the list of groups is also one of the curves that the server's key may be on. */
function demandOfferedCurve({ conversation }: Tls12Handshake, { key }: VerifiedChain): void {
  const curve = curveOf[key.scheme];
  if (conversation.policy.groups.includes(curve)) return;
  throw new KeystileError('KS-T107', `the server's certificate holds a key on ${curve}, a group that was not offered`);
}
