import { randomBytes } from 'node:crypto';
import {
  cipherSuiteCodes,
  type Group,
  groupCodes,
  protocolVersions,
  type SignatureScheme,
  signatureSchemeCodes,
  type TlsVersion,
} from '../codepoints.ts';
import { encodeProtocols } from '../extensions/alpn.ts';
import { encodeCodeList } from '../extensions/code-list.ts';
import { encodeCookie } from '../extensions/cookie.ts';
import { encodePointFormats } from '../extensions/ec-point-formats.ts';
import { type Extension, type ExtensionName, extensionCodes } from '../extensions/extension.ts';
import { encodeClientShares } from '../extensions/key-share.ts';
import { encodeMaxFragmentLength, fragmentLengthFor } from '../extensions/max-fragment-length.ts';
import { encodePskModes } from '../extensions/psk-key-exchange-modes.ts';
import { encodeRecordSizeLimit } from '../extensions/record-size-limit.ts';
import { encodeFirstNegotiation } from '../extensions/renegotiation-info.ts';
import { encodeServerName, isAddressLiteral } from '../extensions/server-name.ts';
import { encodeStatusRequest } from '../extensions/status-request.ts';
import { encodeSupportedVersions } from '../extensions/supported-versions.ts';
import { type KeyExchange, startKeyExchange } from '../groups/key-exchange.ts';
import { plaintextLengthMax } from '../limits.ts';
import { encodeClientHello } from '../messages/client-hello.ts';
import type { SessionTicket } from '../resumption/session-ticket.ts';
import type { SuiteParameters } from '../suites.ts';
import { offeredGroups } from '../tls12/offered.ts';
import type { Tls12SessionTicket } from '../tls12/session-ticket.ts';
import type { Conversation } from './conversation.ts';
import { PskOffer } from './psk-offer.ts';

/** What the client must remember of its ClientHello to judge the answer. */
export interface SentHello {
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly exchanges: readonly KeyExchange[];
  /** Codes of the extensions sent. */
  readonly asked: ReadonlySet<number>;
  /** The ticket that was offered, for whoever judges the answer to use or destroy. */
  readonly offer: PskOffer | undefined;
  /** The same for TLS 1.2. */
  readonly tls12Ticket: Tls12SessionTicket | undefined;
}

/** What a HelloRetryRequest changes, RFC 8446 §4.1.2. */
export interface RetryChanges {
  readonly group?: Group;
  readonly cookie?: Uint8Array;
  /** Of the suite that is now certain: a ticket for another hash is not offered again. */
  readonly hash: SuiteParameters['hash'];
}

export function sendClientHello(conversation: Conversation): SentHello {
  const { policy, options } = conversation;
  const strong = options.random ?? randomBytes;
  const random = strong(32);
  const { ticket, tls12Ticket } = takeTickets(conversation);
  const offersTls13 = policy.versions.includes('1.3');
  // RFC 8446 §D.4: a session id that makes the exchange look like TLS 1.2 to middleboxes. In TLS 1.2 it is by its return
  // that a server says that it takes the ticket (RFC 5077 §3.4).
  const sessionId = offersTls13 || tls12Ticket !== undefined ? strong(32) : new Uint8Array(0);
  const exchanges = startExchanges(conversation, offersTls13 ? policy.keyShares : []);
  return send(conversation, { random, sessionId, exchanges, offer: ticket && new PskOffer(ticket), tls12Ticket });
}

function takeTickets({ policy, options: { resumption } }: Conversation): {
  readonly ticket: SessionTicket | undefined;
  readonly tls12Ticket: Tls12SessionTicket | undefined;
} {
  const nowMs = resumption?.nowMs() ?? 0;
  return {
    ticket: policy.versions.includes('1.3') ? resumption?.lease.take(nowMs) : undefined,
    tls12Ticket: policy.versions.includes('1.2') ? resumption?.tls12Lease.take(nowMs) : undefined,
  };
}

/** The second hello: the same but for key share, cookie, and an offer to resume made again or withdrawn. */
export function resendClientHello(conversation: Conversation, first: SentHello, changes: RetryChanges): SentHello {
  const exchanges = changes.group === undefined ? first.exchanges : startExchanges(conversation, [changes.group]);
  const offer = first.offer?.hash === changes.hash ? first.offer : undefined;
  if (offer === undefined) first.offer?.destroy();
  return send(conversation, { ...first, exchanges, offer }, changes);
}

function send(conversation: Conversation, hello: Omit<SentHello, 'asked'>, changes?: RetryChanges): SentHello {
  const extensions = helloExtensions(conversation, hello);
  if (changes?.cookie !== undefined) extensions.push(extension('cookie', encodeCookie(changes.cookie)));
  const { random, sessionId, offer } = hello;
  const { resumption } = conversation.options;
  if (resumption !== undefined && conversation.policy.versions.includes('1.3'))
    extensions.push(extension('psk_key_exchange_modes', encodePskModes()));
  // RFC 8446 §4.2.11: it must be the last.
  if (offer !== undefined) extensions.push(extension('pre_shared_key', offer.encode(resumption?.nowMs() ?? 0)));
  const cipherSuites = conversation.policy.suites.map((suite) => cipherSuiteCodes[suite]);
  const encoded = encodeClientHello({ random, sessionId, cipherSuites }, extensions);
  offer?.bind(encoded, conversation.transcript);
  // A server that grants max_fragment_length may say so after the second hello only, and refuse it in longer records:
  // OpenSSL 3.5 does.
  const fragmentMax = changes && fragmentLengthFor(conversation.policy.recordSizeLimit);
  conversation.send('ClientHello', encoded, { fragmentMax });
  return { ...hello, asked: new Set(extensions.map(({ code }) => code)) };
}

function startExchanges(conversation: Conversation, groups: readonly Group[]): readonly KeyExchange[] {
  conversation.traceKey('created', ...groups.map((group) => `ephemeral ${group}`));
  return groups.map((group) => startKeyExchange(group, conversation.options.random));
}

function helloExtensions(
  conversation: Conversation,
  { exchanges, tls12Ticket }: Omit<SentHello, 'asked'>,
): Extension[] {
  const { policy, options } = conversation;
  const offers = (version: TlsVersion): boolean => policy.versions.includes(version);
  const groups = offers('1.3') ? policy.groups : offeredGroups(policy);
  const extensions = [
    extension('supported_groups', encodeCodeList(groups.map((group) => groupCodes[group]))),
    extension('signature_algorithms', encodeCodeList(policy.signatureSchemes.map(schemeCode))),
  ];
  if (offers('1.3')) {
    const versions = [protocolVersions.tls13, ...(offers('1.2') ? [protocolVersions.tls12] : [])];
    const shares = exchanges.map(({ group, share }) => ({ group: groupCodes[group], share }));
    extensions.unshift(extension('supported_versions', encodeSupportedVersions(versions)));
    extensions.push(extension('key_share', encodeClientShares(shares)));
  }
  // RFC 6066 §3: literal addresses are not permitted in server_name.
  if (!isAddressLiteral(options.serverName)) {
    extensions.unshift(extension('server_name', encodeServerName(options.serverName)));
  }
  if (policy.alpn.length > 0) {
    extensions.push(extension('application_layer_protocol_negotiation', encodeProtocols(policy.alpn)));
  }
  if (policy.requestOcsp) extensions.push(extension('status_request', encodeStatusRequest()));
  if (offers('1.2')) extensions.push(...tls12Extensions(conversation, tls12Ticket));
  return [...extensions, ...sizeExtensions(policy.recordSizeLimit)];
}

/** What TLS 1.2 must have agreed before this part goes on with it, and its tickets; of no meaning to TLS 1.3. */
function tls12Extensions({ options }: Conversation, offered: Tls12SessionTicket | undefined): Extension[] {
  const extensions = [
    extension('ec_point_formats', encodePointFormats()),
    extension('extended_master_secret', new Uint8Array(0)),
    extension('renegotiation_info', encodeFirstNegotiation()),
  ];
  if (options.resumption === undefined) return extensions;
  // RFC 5077 §3.2: an empty one asks for a ticket.
  return [...extensions, extension('session_ticket', offered?.ticket ?? new Uint8Array(0))];
}

/** Both forms: a server that knows record_size_limit ignores the older one (RFC 8449 §5); OpenSSL knows only that. */
function sizeExtensions(recordSizeLimit: number): Extension[] {
  if (recordSizeLimit > plaintextLengthMax) return [];
  const extensions = [extension('record_size_limit', encodeRecordSizeLimit(recordSizeLimit))];
  const fragmentLength = fragmentLengthFor(recordSizeLimit);
  if (fragmentLength !== undefined) {
    extensions.push(extension('max_fragment_length', encodeMaxFragmentLength(fragmentLength)));
  }
  return extensions;
}

function extension(name: ExtensionName, data: Uint8Array): Extension {
  return { code: extensionCodes[name], data };
}

function schemeCode(scheme: SignatureScheme): number {
  return signatureSchemeCodes[scheme];
}
