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
  encodeSelectedGroup,
  encodeSelectedVersion,
  encodeServerHello,
  encodeServerShare,
  extensionCodes,
  type Group,
  groupCodes,
  type HandshakeStage,
  protocolVersions,
  type RecordProtection,
  retryRequestRandom,
  signatureSchemeCodes,
  startKeyExchange,
  startSchedule,
  suiteParameters,
  Transcript,
} from '@keystile/tls/codec';
import { ClientRecords, type ClientSpeech } from './client-records.ts';
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
  readonly without?: readonly ExtensionName[];
  readonly more?: readonly Extension[];
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
  readonly #suite = suiteParameters.TLS_AES_128_GCM_SHA256;
  #hello: (ClientHello & { readonly extensions: ExtensionBlock }) | undefined;
  #stage: HandshakeStage | undefined;
  #application: ApplicationStage | undefined;
  #sending: ApplicationTraffic | undefined;
  #protection: RecordProtection | undefined;

  constructor(credential: HostileCredential) {
    this.#credential = credential;
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
      if (said.name === 'Finished' && this.#application !== undefined) {
        this.#client.useProtection(this.#application.client.protection());
      }
    }
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
    const exchange = startKeyExchange(groupNamed(peer.group));
    const share = lies.keyShare === undefined ? { group: peer.group, share: exchange.share } : lies.keyShare;
    const extensions = [extension('supported_versions', encodeSelectedVersion(lies.version ?? protocolVersions.tls13))];
    if (share !== null) extensions.push(extension('key_share', encodeServerShare(share)));
    const left = extensions.filter(({ code }) => !(lies.without ?? []).some((name) => extensionCodes[name] === code));
    this.transcript.start(this.#suite.hash);
    const encoded = this.#say(encodeServerHello(this.#helloFields(lies), [...left, ...(lies.more ?? [])]));
    this.#stage = startSchedule(this.#suite).handshake(exchange.agree(peer.share), this.transcript.digest());
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

/** Groups whose two sides do the same; the server's half of a KEM is another computation. */
function groupNamed(code: number): Group {
  const name = (['X25519', 'P-256', 'P-384'] as const).find((group) => groupCodes[group] === code);
  if (name === undefined) throw new Error(`no server half for the group ${code}`);
  return name;
}

const ecdsaOnly: readonly Extension[] = [
  extension('signature_algorithms', encodeCodeList([signatureSchemeCodes.ecdsa_secp256r1_sha256])),
];
