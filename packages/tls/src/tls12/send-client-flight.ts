import { KeystileError } from '@keystile/errors';
import { type CheckedClientCertificate, certificateFor } from '../client/client-certificate.ts';
import type { Conversation } from '../client/conversation.ts';
import type { VerifiedKeyExchange } from '../client/proof.ts';
import { type ClientState, orDestroy } from '../client/state.ts';
import { startKeyExchange } from '../groups/key-exchange.ts';
import { encodeFinished } from '../messages/finished.ts';
import type { Protection } from '../record/protection.ts';
import { expectServerEnd } from './expect-change-cipher-spec.ts';
import { ExpectTls12Signature } from './expect-signature.ts';
import type { ClosingHandshake, Tls12Handshake } from './handshake.ts';
import { encodeTls12Certificate } from './messages/certificate.ts';
import { ecdsaCertificateType, type Tls12CertificateRequest } from './messages/certificate-request.ts';
import { encodeClientKeyExchange } from './messages/client-key-exchange.ts';
import { extendedMaster } from './stages.ts';

/** The client's flight up to where a signature may be needed: Certificate, if asked for, and ClientKeyExchange. */
export function sendKeyExchange(
  handshake: Tls12Handshake,
  keyExchange: VerifiedKeyExchange,
  requested: Tls12CertificateRequest | undefined,
): ClientState {
  const { conversation, suite, randoms } = handshake;
  const own = requested && ownCertificate(conversation, requested);
  const exchange = startKeyExchange(keyExchange.group, conversation.options.random);
  conversation.traceKey('created', `ephemeral ${exchange.group}`);
  const sharedSecret = exchange.agree(keyExchange.share);
  if (requested !== undefined) conversation.send('Certificate', encodeTls12Certificate(own?.chain ?? []));
  conversation.send('ClientKeyExchange', encodeClientKeyExchange(exchange.share));

  const sessionHash = conversation.transcript.digest();
  const master = extendedMaster(suite, randoms, { sharedSecret, sessionHash });
  conversation.traceKey('destroyed', `ephemeral ${exchange.group}`);
  conversation.traceKey('derived', 'master_secret');
  const isWithheld = requested !== undefined && own === undefined;
  const alertMoment = isWithheld ? 'after an answer without a certificate' : "after the client's answer";
  const closing: ClosingHandshake = { ...handshake, master, origin: { kind: 'full', keyExchange, alertMoment } };
  return orDestroy(master, () => (own === undefined ? answerFully(closing) : new ExpectTls12Signature(closing, own)));
}

/** The rest of it in a full handshake, where the client's Finished comes first. */
export function answerFully(handshake: ClosingHandshake): ClientState {
  const { conversation, master } = handshake;
  const { client, server } = master.recordKeys();
  conversation.traceKey('derived', 'client_write_key', 'server_write_key');
  sendFinished(handshake, client);
  return expectServerEnd(handshake, server);
}

/** The change to the new key, and Finished under it. */
export function sendFinished({ conversation, master }: ClosingHandshake, clientKey: Protection): void {
  conversation.transcript.forgetMessages();
  conversation.writer.sendChangeCipherSpec();
  conversation.changeWriteKeys('application', clientKey);
  const verifyData = master.finished('client', conversation.transcript.digest());
  conversation.send('Finished', encodeFinished(verifyData));
}

/** RFC 8422 §5.5: both the type of certificate and the scheme must be among those asked for. */
function ownCertificate(
  { options }: Conversation,
  { certificateTypes, schemes }: Tls12CertificateRequest,
): CheckedClientCertificate | undefined {
  const own = certificateFor(options, schemes);
  if (own === undefined || certificateTypes.includes(ecdsaCertificateType)) return own;
  throw new KeystileError('KS-T124', 'the server asks for client certificates, but not for ECDSA ones');
}
