import { equalPublicBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { acceptProtocol, acceptRecordSize, acceptServerName } from '../client/accept-extensions.ts';
import type { Conversation } from '../client/conversation.ts';
import type { SentHello } from '../client/send-client-hello.ts';
import type { ClientState } from '../client/state.ts';
import { cipherSuiteCodes, describeCode } from '../codepoints.ts';
import { demandUncompressed } from '../extensions/ec-point-formats.ts';
import type { ExtensionBlock, ExtensionName } from '../extensions/extension.ts';
import { isFirstNegotiation } from '../extensions/renegotiation-info.ts';
import type { HandshakeMessage } from '../messages/message.ts';
import type { ReceivedServerHello } from '../messages/server-hello.ts';
import { type SuiteParameters, suiteParameters } from '../suites.ts';
import { ExpectTls12Certificate } from './expect-certificate.ts';
import type { Tls12Handshake } from './handshake.ts';
import { resume } from './resume.ts';

export interface Tls12Answer {
  readonly message: HandshakeMessage;
  readonly hello: ReceivedServerHello;
}

/**
 * A ServerHello that chose TLS 1.2 (RFC 5246 §7.4.1.3) in answer to a hello that allows it. That nobody forced the older
 * version on the two, the caller has checked.
 */
export function acceptTls12(conversation: Conversation, sent: SentHello, { message, hello }: Tls12Answer): ClientState {
  const suite = chosenSuite(conversation, hello);
  if (hello.sessionId.length > sessionIdLengthMax) {
    throw new KeystileError('KS-T111', `ServerHello: a session id of ${hello.sessionId.length} bytes`);
  }
  if (hello.compression !== 0) throw new KeystileError('KS-T112', 'the server chose a compression');
  const { extensions } = hello;
  extensions.check('Tls12ServerHello', sent.asked);
  demandExtensions(extensions);
  acceptServerName(extensions);
  acceptProtocol(conversation, extensions);
  acceptRecordSize(conversation, extensions, '1.2');

  conversation.note({ cipherSuite: suite.name });
  conversation.reader.useTls12();
  conversation.transcript.startKeeping(suite.hash);
  conversation.transcript.append(message.encoded);
  sent.offer?.destroy();
  conversation.traceKey('destroyed', ...sent.exchanges.map((exchange) => `ephemeral ${exchange.group}`));
  const handshake: Tls12Handshake = {
    conversation,
    suite,
    randoms: { client: sent.random, server: hello.random.slice() },
    mayStaple: isAcknowledged(extensions, 'status_request'),
    ticketFollows: isAcknowledged(extensions, 'session_ticket'),
  };
  if (isResumption(hello, sent)) return resume(handshake, sent.tls12Ticket);
  sent.tls12Ticket?.destroy();
  return new ExpectTls12Certificate(handshake);
}

function chosenSuite({ policy }: Conversation, hello: ReceivedServerHello): SuiteParameters {
  const name = policy.suites.find((suite) => cipherSuiteCodes[suite] === hello.cipherSuite);
  const suite = name && suiteParameters[name];
  if (suite?.version === '1.2') return suite;
  const described = describeCode(cipherSuiteCodes, hello.cipherSuite);
  throw new KeystileError('KS-T112', `the server chose the cipher suite ${described}, not offered for TLS 1.2`);
}

/** RFC 5246 §7.4.1.3, RFC 5077 §3.4: our session id comes back. */
function isResumption(hello: ReceivedServerHello, sent: SentHello): boolean {
  return hello.sessionId.length > 0 && equalPublicBytes(hello.sessionId, sent.sessionId);
}

/** RFC 5246 §7.4.1.2. */
const sessionIdLengthMax = 32;

/** What this part demands of TLS 1.2: both ends of each, or no connection. */
function demandExtensions(extensions: ExtensionBlock): void {
  // RFC 7627 §5.2: who requires it aborts.
  if (!isAcknowledged(extensions, 'extended_master_secret')) {
    throw new KeystileError('KS-T160', 'the ServerHello of TLS 1.2 has no extended_master_secret');
  }
  // RFC 5746 §3.4: the server's silence would let an attacker's handshake come before ours.
  const renegotiation = extensions.get('renegotiation_info');
  if (renegotiation === undefined || !isFirstNegotiation(renegotiation)) {
    const fault = renegotiation === undefined ? 'has no renegotiation_info' : 'renegotiates, where nothing was agreed';
    throw new KeystileError('KS-T161', `the ServerHello of TLS 1.2 ${fault}`);
  }
  const formats = extensions.get('ec_point_formats');
  if (formats !== undefined) demandUncompressed(formats);
}

/** Whether the server answered with the extension, which has no content in a ServerHello. */
function isAcknowledged(extensions: ExtensionBlock, name: ExtensionName): boolean {
  const data = extensions.get(name);
  if (data !== undefined && data.length > 0) {
    throw new KeystileError('KS-T111', `${name}: the answer of a server is empty`);
  }
  return data !== undefined;
}
