import { concatBytes } from '@keystile/bytes';
import {
  type ApplicationStage,
  type ApplicationTraffic,
  type ClientHello,
  certificateVerifyContent,
  cipherSuiteCodes,
  decodeClientHello,
  decodeClientShares,
  type Extension,
  type ExtensionBlock,
  type ExtensionName,
  encodeCertificate,
  encodeCertificateRequest,
  encodeCertificateVerify,
  encodeCodeList,
  encodeCookie,
  encodeEncryptedExtensions,
  encodeFinished,
  encodeNewSessionTicket,
  encodeSelectedGroup,
  encodeSelectedIdentity,
  encodeSelectedVersion,
  encodeServerHello,
  encodeServerShare,
  extensionCodes,
  type Group,
  groupCodes,
  type HandshakeStage,
  type NewSessionTicket,
  type Psk,
  protocolVersions,
  type RecordProtection,
  retryRequestRandom,
  type SuiteParameters,
  signatureSchemeCodes,
  startResumedSchedule,
  startSchedule,
  suiteParameters,
  Transcript,
} from '@keystile/tls/codec';
import { ClientRecords, type ClientSpeech } from './client-records.ts';
import { answerShare } from './server-key-share.ts';
import { plainRecord, type RecordType, sealRecords } from './server-records.ts';

/** The key of a hostile server: whose it is, and whether it fits the certificate, is the test's choice. */
export interface HostileCredential {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** ECDSA P-256 with SHA-256, DER. */
  readonly sign: (content: Uint8Array) => Uint8Array;
}

/** What a ServerHello shall say instead of the honest thing. */
export interface ServerHelloLies {
  readonly version?: number;
  readonly legacyVersion?: number;
  readonly random?: Uint8Array;
  readonly sessionId?: Uint8Array;
  readonly cipherSuite?: number;
  readonly compression?: number;
  /** Replaces the key_share extension; `null` leaves it out. */
  readonly keyShare?: { readonly group: number; readonly share: Uint8Array } | null;
  /** Resumes with this key, whatever the client offered. */
  readonly psk?: Psk;
  /** The place of the ticket that the server says it chose. */
  readonly selectedIdentity?: number;
  readonly without?: readonly ExtensionName[];
  readonly more?: readonly Extension[];
}

/** What a ticket shall say instead of the honest thing. */
export interface TicketContent extends Partial<NewSessionTicket> {
  readonly extensions?: readonly Extension[];
}

/**
 * A TLS 1.3 server without input or output that can say anything at any point.
 *
 * Its methods come in two kinds. *Messages* (`serverHello`, `certificate`, …) return an encoded handshake message and
 * put it into the server's transcript: calling them in another order, twice, or not at all is the point. *Records*
 * (`plain`, `seal`) wrap bytes for the wire. `honestFlight` does what an honest server would.
 */
export class HostileServer {
  readonly transcript = new Transcript();
  readonly speech: ClientSpeech[] = [];
  readonly #credential: HostileCredential;
  readonly #client = new ClientRecords();
  readonly #suite: SuiteParameters;
  #hello: (ClientHello & { readonly extensions: ExtensionBlock }) | undefined;
  #stage: HandshakeStage | undefined;
  #application: ApplicationStage | undefined;
  #sending: ApplicationTraffic | undefined;
  #receiving: ApplicationTraffic | undefined;
  #protection: RecordProtection | undefined;

  constructor(credential: HostileCredential, suite: keyof typeof suiteParameters = 'TLS_AES_128_GCM_SHA256') {
    this.#credential = credential;
    this.#suite = suiteParameters[suite];
  }

  /** The last ClientHello. */
  get hello(): ClientHello & { readonly extensions: ExtensionBlock } {
    if (this.#hello === undefined) throw new Error('no ClientHello came yet');
    return this.#hello;
  }

  /** Bytes from the client. Its keys are followed as an honest client changes them. */
  receive(bytes: Uint8Array): void {
    this.#client.feed(bytes);
    for (const said of this.#client.next()) {
      this.speech.push(said);
      if (said.name === 'ClientHello') {
        this.#hello = decodeClientHello(said.bytes.subarray(4));
        this.transcript.append(said.bytes);
      }
      // The resumption secret covers the client's last flight too.
      if (this.#application !== undefined && lastFlight.has(said.name)) this.transcript.append(said.bytes);
      if (said.name === 'Finished') this.#followKeys(this.#application?.client);
      if (said.name === 'KeyUpdate') this.#followKeys(this.#receiving?.next());
    }
  }

  #followKeys(traffic: ApplicationTraffic | undefined): void {
    if (traffic === undefined) return;
    this.#receiving = traffic;
    this.#client.useProtection(traffic.protection());
  }

  /** Names of the alerts that came, each with whether it was encrypted. */
  get alerts(): readonly { readonly name: string; readonly isProtected: boolean }[] {
    return this.speech.filter(({ kind }) => kind === 'alert').map(({ name, isProtected }) => ({ name, isProtected }));
  }

  helloRetryRequest({
    group,
    cookie,
    more = [],
  }: {
    group?: number;
    cookie?: Uint8Array;
    more?: Extension[];
  }): Uint8Array {
    this.transcript.replaceFirstHello(this.#suite.hash);
    const extensions = [extension('supported_versions', encodeSelectedVersion(protocolVersions.tls13))];
    if (group !== undefined) extensions.push(extension('key_share', encodeSelectedGroup(group)));
    if (cookie !== undefined) extensions.push(extension('cookie', encodeCookie(cookie)));
    return this.#say(encodeServerHello(this.#helloFields({ random: retryRequestRandom }), [...extensions, ...more]));
  }

  /** Also derives the handshake keys, which {@link useHandshakeKeys} brings into use. */
  serverHello(lies: ServerHelloLies = {}): Uint8Array {
    const [peer] = decodeClientShares(this.hello.extensions.get('key_share') ?? new Uint8Array(0));
    if (peer === undefined) throw new Error('the ClientHello brought no key share');
    const answer = answerShare(groupNamed(peer.group), peer.share);
    const share = lies.keyShare === undefined ? { group: peer.group, share: answer.share } : lies.keyShare;
    const extensions = [extension('supported_versions', encodeSelectedVersion(lies.version ?? protocolVersions.tls13))];
    if (share !== null) extensions.push(extension('key_share', encodeServerShare(share)));
    const { psk, selectedIdentity = 0 } = lies;
    if (psk !== undefined) extensions.push(extension('pre_shared_key', encodeSelectedIdentity(selectedIdentity)));
    const left = extensions.filter(({ code }) => !(lies.without ?? []).some((name) => extensionCodes[name] === code));
    this.transcript.start(this.#suite.hash);
    const encoded = this.#say(encodeServerHello(this.#helloFields(lies), [...left, ...(lies.more ?? [])]));
    const early = psk === undefined ? startSchedule(this.#suite) : startResumedSchedule(psk);
    this.#stage = early.handshake(answer.secret, this.transcript.digest(), this.#suite);
    this.#client.useProtection(this.#stage.client.protection());
    return encoded;
  }

  encryptedExtensions(extensions: readonly Extension[] = []): Uint8Array {
    return this.#say(encodeEncryptedExtensions(extensions));
  }

  certificateRequest(
    context: Uint8Array = new Uint8Array(0),
    extensions: readonly Extension[] = ecdsaOnly,
  ): Uint8Array {
    return this.#say(encodeCertificateRequest(context, extensions));
  }

  certificate(
    chain: readonly Uint8Array[] = this.#credential.chain,
    leafExtensions: readonly Extension[] = [],
  ): Uint8Array {
    return this.#say(encodeCertificate(new Uint8Array(0), chain, leafExtensions));
  }

  /** `transcriptHash`: sign another handshake than this one. */
  certificateVerify(lies: { scheme?: number; transcriptHash?: Uint8Array; signature?: Uint8Array } = {}): Uint8Array {
    const content = certificateVerifyContent('server', lies.transcriptHash ?? this.transcript.digest());
    const signature = lies.signature ?? this.#credential.sign(content);
    const scheme = lies.scheme ?? signatureSchemeCodes.ecdsa_secp256r1_sha256;
    return this.#say(encodeCertificateVerify({ scheme, signature }));
  }

  /** Also derives the application keys, which {@link useApplicationKeys} brings into use. */
  finished(lies: { verifyData?: Uint8Array } = {}): Uint8Array {
    const stage = this.#demandStage();
    const encoded = this.#say(encodeFinished(lies.verifyData ?? stage.server.finished(this.transcript.digest())));
    this.#application = stage.application(this.transcript.digest());
    return encoded;
  }

  useHandshakeKeys(): void {
    this.#protection = this.#demandStage().server.protection();
  }

  useApplicationKeys(): void {
    if (this.#application === undefined) throw new Error('no Finished was made yet');
    this.#sending = this.#application.server;
    this.#protection = this.#sending.protection();
  }

  /** The next generation of our sending keys, as after a KeyUpdate. */
  useNextKeys(): void {
    if (this.#sending === undefined) throw new Error('no application keys are in use yet');
    this.#sending = this.#sending.next();
    this.#protection = this.#sending.protection();
  }

  /** A ticket, and its key as the client will derive it. Only after the client's Finished, and all for one call. */
  newSessionTickets(...tickets: TicketContent[]): readonly { readonly message: Uint8Array; readonly psk: Psk }[] {
    if (this.#application === undefined) throw new Error('no Finished was made yet');
    const secret = this.#application.resumption(this.transcript.digest());
    return tickets.map(({ extensions = [], ...facts }, index) => {
      const nonce = facts.nonce ?? Uint8Array.of(index);
      const ticket = { lifetimeSeconds: 3600, ageAdd: 7, ticket: new Uint8Array(64).fill(index + 1), ...facts, nonce };
      return { message: encodeNewSessionTicket(ticket, extensions), psk: secret.psk(nonce) };
    });
  }

  /** The flight of a server that resumes. */
  honestResumedFlight(psk: Psk): Uint8Array {
    const hello = this.plain('handshake', this.serverHello({ psk }));
    this.useHandshakeKeys();
    const rest = this.seal('handshake', concatBytes(this.encryptedExtensions(), this.finished()));
    this.useApplicationKeys();
    return concatBytes(hello, rest);
  }

  /** ServerHello to Finished; application keys are in use after it. */
  honestFlight({ requestCertificate = false } = {}): Uint8Array {
    const hello = this.plain('handshake', this.serverHello());
    this.useHandshakeKeys();
    const messages = [this.encryptedExtensions()];
    if (requestCertificate) messages.push(this.certificateRequest());
    messages.push(this.certificate(), this.certificateVerify(), this.finished());
    const rest = this.seal('handshake', concatBytes(...messages));
    this.useApplicationKeys();
    return concatBytes(hello, rest);
  }

  /** One record in the clear. */
  plain(type: RecordType, bytes: Uint8Array): Uint8Array {
    return plainRecord(type, bytes);
  }

  /** `bytes` under the present keys, in records of at most `pieceLength`. */
  seal(type: RecordType | number, bytes: Uint8Array, pieceLength = 16_384): Uint8Array {
    return sealRecords(this.#protection, type, { bytes, pieceLength });
  }

  #helloFields(lies: ServerHelloLies): Parameters<typeof encodeServerHello>[0] {
    return {
      legacyVersion: lies.legacyVersion ?? protocolVersions.legacy,
      random: lies.random ?? new Uint8Array(32).fill(7),
      sessionId: lies.sessionId ?? this.hello.sessionId,
      cipherSuite: lies.cipherSuite ?? cipherSuiteCodes[this.#suite.name],
      compression: lies.compression ?? 0,
    };
  }

  #say(encoded: Uint8Array): Uint8Array {
    this.transcript.append(encoded);
    return encoded;
  }

  #demandStage(): HandshakeStage {
    if (this.#stage === undefined) throw new Error('no ServerHello was made yet');
    return this.#stage;
  }
}

export function extension(name: ExtensionName, data: Uint8Array): Extension {
  return { code: extensionCodes[name], data };
}

function groupNamed(code: number): Group {
  const name = (Object.keys(groupCodes) as Group[]).find((group) => groupCodes[group] === code);
  if (name === undefined) throw new Error(`the group ${code} has no name`);
  return name;
}

/** What a client sends under handshake keys. */
const lastFlight: ReadonlySet<string> = new Set(['Certificate', 'CertificateVerify', 'Finished']);

const ecdsaOnly: readonly Extension[] = [
  extension('signature_algorithms', encodeCodeList([signatureSchemeCodes.ecdsa_secp256r1_sha256])),
];
