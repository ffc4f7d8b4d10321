import { equalPublicBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import {
  cipherSuiteCodes,
  describeCode,
  type Group,
  groupCodes,
  protocolVersions,
  type TlsVersion,
} from '../codepoints.ts';
import { decodeCookie } from '../extensions/cookie.ts';
import { extensionCodes } from '../extensions/extension.ts';
import { decodeSelectedGroup, decodeServerShare } from '../extensions/key-share.ts';
import { decodeSelectedIdentity } from '../extensions/pre-shared-key.ts';
import { decodeSelectedVersion } from '../extensions/supported-versions.ts';
import type { HandshakeMessage } from '../messages/message.ts';
import { decodeServerHello, type ReceivedServerHello, sentinelOf } from '../messages/server-hello.ts';
import { startSchedule } from '../schedule/stages.ts';
import { type SuiteParameters, suiteParameters } from '../suites.ts';
import { acceptTls12 } from '../tls12/accept-server-hello.ts';
import type { Conversation } from './conversation.ts';
import { ExpectEncryptedExtensions } from './expect-encrypted-extensions.ts';
import type { PskOffer } from './psk-offer.ts';
import { resendClientHello, type SentHello } from './send-client-hello.ts';
import { type ClientState, demandType, orDestroy } from './state.ts';

/** What a HelloRetryRequest fixed for the ServerHello after it. */
interface Retried {
  readonly suite: SuiteParameters;
  readonly group: Group | undefined;
}

/** Awaits ServerHello, or once a HelloRetryRequest (RFC 8446 §4.1.3, §4.1.4). */
export class ExpectServerHello implements ClientState {
  readonly kind = 'ExpectServerHello';
  readonly #conversation: Conversation;
  readonly #sent: SentHello;
  readonly #retried: Retried | undefined;

  constructor(conversation: Conversation, sent: SentHello, retried?: Retried) {
    this.#conversation = conversation;
    this.#sent = sent;
    this.#retried = retried;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'ServerHello');
    const hello = decodeServerHello(message.body);
    const { versions } = this.#conversation.policy;
    if (chosenVersion(hello, versions) === '1.2') {
      // RFC 8446 §4.1.4: a HelloRetryRequest has settled the version.
      if (this.#retried !== undefined)
        throw new KeystileError('KS-T112', 'the server changed the version after its HelloRetryRequest');
      return acceptTls12(this.#conversation, this.#sent, { message, hello });
    }
    if (!equalPublicBytes(hello.sessionId, this.#sent.sessionId)) {
      throw new KeystileError('KS-T112', 'the server did not return the session id');
    }
    if (hello.compression !== 0) throw new KeystileError('KS-T112', 'the server chose a compression');
    const suite = this.#chosenSuite(hello);
    return hello.isRetryRequest ? this.#retry(message, hello, suite) : this.#proceed(message, hello, suite);
  }

  destroy(): void {
    this.#sent.offer?.destroy();
    this.#sent.tls12Ticket?.destroy();
  }

  #chosenSuite(hello: ReceivedServerHello): SuiteParameters {
    const name = this.#conversation.policy.suites.find((suite) => cipherSuiteCodes[suite] === hello.cipherSuite);
    if (name === undefined || suiteParameters[name].version !== '1.3') {
      const described = describeCode(cipherSuiteCodes, hello.cipherSuite);
      throw new KeystileError('KS-T112', `the server chose the cipher suite ${described}, which was not offered`);
    }
    // RFC 8446 §4.1.4: the suite of the HelloRetryRequest stands.
    if (this.#retried !== undefined && this.#retried.suite.name !== name) {
      throw new KeystileError('KS-T112', 'the server changed the cipher suite after its HelloRetryRequest');
    }
    return suiteParameters[name];
  }

  #retry(message: HandshakeMessage, hello: ReceivedServerHello, suite: SuiteParameters): ClientState {
    if (this.#retried !== undefined) throw new KeystileError('KS-T110', 'the server sent a second HelloRetryRequest');
    hello.extensions.check('HelloRetryRequest', helloExtensions);
    const shareData = hello.extensions.get('key_share');
    const group = shareData === undefined ? undefined : this.#retryGroup(decodeSelectedGroup(shareData));
    const cookieData = hello.extensions.get('cookie');
    if (group === undefined && cookieData === undefined) {
      throw new KeystileError('KS-T112', 'the server sent a HelloRetryRequest that changes nothing');
    }
    const { transcript, writer } = this.#conversation;
    this.#conversation.demandMessageBoundary();
    transcript.replaceFirstHello(suite.hash);
    transcript.append(message.encoded);
    writer.sendChangeCipherSpec();
    const sent = resendClientHello(this.#conversation, this.#sent, {
      hash: suite.hash,
      ...(group === undefined ? {} : { group }),
      ...(cookieData === undefined ? {} : { cookie: decodeCookie(cookieData) }),
    });
    return new ExpectServerHello(this.#conversation, sent, { suite, group });
  }

  /** RFC 8446 §4.2.8: a group that was offered, and that no share was sent for. */
  #retryGroup(code: number): Group {
    const group = this.#conversation.policy.groups.find((offered) => groupCodes[offered] === code);
    if (group === undefined || this.#sent.exchanges.some((exchange) => exchange.group === group)) {
      throw new KeystileError('KS-T112', `the server asked again for the group ${describeCode(groupCodes, code)}`);
    }
    return group;
  }

  #proceed(message: HandshakeMessage, hello: ReceivedServerHello, suite: SuiteParameters): ClientState {
    const { offer, tls12Ticket, asked } = this.#sent;
    hello.extensions.check('ServerHello', offer === undefined ? helloExtensions : resumingHelloExtensions);
    const accepted = this.#acceptedOffer(hello, suite);
    const { group, secret } = this.#agree(hello);
    const conversation = this.#conversation;
    conversation.note({ cipherSuite: suite.name, group });
    conversation.transcript.start(suite.hash);
    conversation.transcript.append(message.encoded);

    // A server that refuses the ticket goes on with a full handshake on the same hello.
    const early = accepted?.early ?? startSchedule(suite);
    const stage = early.handshake(secret, conversation.transcript.digest(), suite);
    if (accepted !== undefined) conversation.traceKey('destroyed', 'ticket key');
    offer?.destroy();
    tls12Ticket?.destroy();
    conversation.traceKey('destroyed', ...this.#sent.exchanges.map((exchange) => `ephemeral ${exchange.group}`));
    conversation.traceKey('derived', 'client_handshake_traffic_secret', 'server_handshake_traffic_secret');
    const next = new ExpectEncryptedExtensions(conversation, { stage, asked, ticket: accepted?.proof });
    return orDestroy(next, () => {
      // Writing changes first, so that an alert about a straddling record already leaves encrypted.
      conversation.changeWriteKeys('handshake', stage.client.protection());
      conversation.changeReadKeys('handshake', stage.server.protection());
      return next;
    });
  }

  /** RFC 8446 §4.2.11: what a server that takes the offer must have chosen along with it. */
  #acceptedOffer(hello: ReceivedServerHello, suite: SuiteParameters): PskOffer | undefined {
    const { offer } = this.#sent;
    const data = hello.extensions.get('pre_shared_key');
    if (offer === undefined || data === undefined) return undefined;
    const index = decodeSelectedIdentity(data);
    if (index !== 0) throw new KeystileError('KS-T112', `the server selected ticket ${index} of the one offered`);
    if (suite.hash !== offer.hash) {
      throw new KeystileError('KS-T112', `the server resumes with ${suite.name}, whose hash is not the ticket's`);
    }
    if (hello.extensions.get('key_share') === undefined) {
      throw new KeystileError('KS-T112', 'the server resumes without a key share, which was not offered');
    }
    if (this.#conversation.options.resumption?.lease.isCurrent() !== true) throw new KeystileError('KS-T150');
    return offer;
  }

  #agree(hello: ReceivedServerHello): { readonly group: Group; readonly secret: Uint8Array } {
    const data = hello.extensions.get('key_share');
    if (data === undefined) throw new KeystileError('KS-T114', 'the ServerHello has no key_share');
    const { group: code, share } = decodeServerShare(data);
    const exchange = this.#sent.exchanges.find(({ group }) => groupCodes[group] === code);
    if (exchange === undefined) {
      const described = describeCode(groupCodes, code);
      throw new KeystileError('KS-T112', `the server chose the group ${described}, which no key share was sent for`);
    }
    return { group: exchange.group, secret: exchange.agree(share) };
  }
}

/** The only extensions of the hello that a ServerHello may answer without a pre-shared key. */
const helloExtensions: ReadonlySet<number> = new Set([extensionCodes.supported_versions, extensionCodes.key_share]);
const resumingHelloExtensions: ReadonlySet<number> = new Set([...helloExtensions, extensionCodes.pre_shared_key]);

/** The version that the server chose, of those that were offered. RFC 8446 §4.1.3 and §4.2.1. */
function chosenVersion(hello: ReceivedServerHello, offered: readonly TlsVersion[]): TlsVersion {
  const data = hello.extensions.get('supported_versions');
  if (data === undefined) return demandOlder(hello, offered);
  const version = decodeSelectedVersion(data);
  const isOffered = version === protocolVersions.tls13 && offered.includes('1.3');
  if (!isOffered || hello.legacyVersion !== protocolVersions.legacy) {
    throw new KeystileError('KS-T112', `the server chose the version ${versionName(version)}, which was not offered`);
  }
  return '1.3';
}

/** RFC 8446 §4.1.3: a server that could do better than it chose says so, and whoever offered better must not go on. */
function demandOlder(
  { random, legacyVersion, isRetryRequest }: ReceivedServerHello,
  offered: readonly TlsVersion[],
): '1.2' {
  const better = sentinelOf(random);
  const isForced = better === 'TLS 1.3' ? offered.includes('1.3') : better !== undefined;
  if (isForced) {
    throw new KeystileError('KS-T102', `the server chose an older version, though it says that it can do ${better}`);
  }
  if (!offered.includes('1.2') || legacyVersion !== protocolVersions.tls12) {
    const allowed = offered.map((version) => `TLS ${version}`).join(' and ');
    throw new KeystileError(
      'KS-T101',
      `the server chose ${versionName(legacyVersion)}; this policy allows ${allowed} only`,
    );
  }
  if (isRetryRequest) throw new KeystileError('KS-T114', 'the HelloRetryRequest has no supported_versions');
  return '1.2';
}

function versionName(version: number): string {
  return { 769: 'TLS 1.0', 770: 'TLS 1.1', 771: 'TLS 1.2', 772: 'TLS 1.3' }[version] ?? `0x${version.toString(16)}`;
}
