import { randomBytes } from 'node:crypto';
import { concatBytes } from '@keystile/bytes';
import {
  type ClientHello,
  cipherSuiteCodes,
  decodeClientHello,
  decodeClientKeyExchange,
  type Extension,
  type ExtensionBlock,
  type ExtensionName,
  encodeCertificateStatus,
  encodeEcdhParams,
  encodeFinished,
  encodeFirstNegotiation,
  encodeHelloRequest,
  encodeServerHello,
  encodeServerHelloDone,
  encodeServerKeyExchange,
  encodeTls12Certificate,
  encodeTls12CertificateRequest,
  encodeTls12SessionTicket,
  extendedMaster,
  extensionCodes,
  type Group,
  groupCodes,
  type MasterStage,
  type Protection,
  protocolVersions,
  type ResumableMaster,
  signatureSchemeCodes,
  startKeyExchange,
  suiteParameters,
  type Tls12CertificateRequest,
  Transcript,
} from '@keystile/tls/codec';
import { ClientRecords, type ClientSpeech } from './client-records.ts';
import { extension, type HostileCredential, type ServerHelloLies } from './hostile-server.ts';
import { plainRecord, type RecordType, sealRecords } from './server-records.ts';

export interface KeyExchangeLies {
  readonly group?: number;
  readonly share?: Uint8Array;
  readonly scheme?: number;
  readonly signature?: Uint8Array;
  /** Sign another connection's randoms. */
  readonly clientRandom?: Uint8Array;
  readonly serverRandom?: Uint8Array;
}

/**
 * The same as {@link HostileServer} for TLS 1.2: messages return an encoded message and put it into the server's
 * transcript, in any order; records wrap bytes for the wire. Its keys are known once the client's ClientKeyExchange
 * came; {@link HostileTls12Server.useKeys} brings the sending one into use.
 */
export class HostileTls12Server {
  readonly speech: ClientSpeech[] = [];
  readonly #credential: HostileCredential;
  readonly #transcript = new Transcript();
  readonly #client = new ClientRecords();
  readonly #suite = suiteParameters.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  readonly #exchange: ReturnType<typeof startKeyExchange>;
  #random: Uint8Array = randomBytes(32);
  #hello: (ClientHello & { readonly extensions: ExtensionBlock }) | undefined;
  #master: MasterStage | undefined;
  #keys: { readonly client: Protection; readonly server: Protection } | undefined;
  #sending: Protection | undefined;

  constructor(credential: HostileCredential, group: Group = 'X25519') {
    this.#credential = credential;
    this.#exchange = startKeyExchange(group, randomBytes);
  }

  get hello(): ClientHello & { readonly extensions: ExtensionBlock } {
    if (this.#hello === undefined) throw new Error('no ClientHello came yet');
    return this.#hello;
  }

  /** Names of the alerts that came, each with whether it was encrypted. */
  get alerts(): readonly { readonly name: string; readonly isProtected: boolean }[] {
    return this.speech.filter(({ kind }) => kind === 'alert').map(({ name, isProtected }) => ({ name, isProtected }));
  }

  /** Bytes from the client. Its keys are followed as an honest client changes them. */
  receive(bytes: Uint8Array): void {
    this.#client.feed(bytes);
    for (const said of this.#client.next()) {
      this.speech.push(said);
      if (said.kind === 'change-cipher-spec' && this.#keys !== undefined) this.#client.useProtection(this.#keys.client);
      if (said.kind !== 'handshake') continue;
      this.#transcript.append(said.bytes);
      if (said.name === 'ClientHello') this.#hello = decodeClientHello(said.bytes.subarray(4));
      if (said.name === 'ClientKeyExchange') this.#deriveKeys(decodeClientKeyExchange(said.bytes.subarray(4)));
    }
  }

  serverHello(lies: ServerHelloLies = {}): Uint8Array {
    this.#random = lies.random ?? this.#random;
    const honest = [
      extension('renegotiation_info', encodeFirstNegotiation()),
      extension('extended_master_secret', new Uint8Array(0)),
    ];
    const left = honest.filter(({ code }) => !(lies.without ?? []).some((name) => extensionCodes[name] === code));
    this.#transcript.start(this.#suite.hash);
    const fields = {
      legacyVersion: lies.legacyVersion ?? protocolVersions.tls12,
      random: this.#random,
      sessionId: lies.sessionId ?? randomBytes(32),
      cipherSuite: lies.cipherSuite ?? cipherSuiteCodes[this.#suite.name],
      compression: lies.compression ?? 0,
    };
    return this.#say(encodeServerHello(fields, [...left, ...(lies.more ?? [])]));
  }

  certificate(chain: readonly Uint8Array[] = this.#credential.chain): Uint8Array {
    return this.#say(encodeTls12Certificate(chain));
  }

  certificateStatus(response: Uint8Array): Uint8Array {
    return this.#say(encodeCertificateStatus(response));
  }

  serverKeyExchange(lies: KeyExchangeLies = {}): Uint8Array {
    const { group, share } = this.#exchange;
    const params = encodeEcdhParams({ group: lies.group ?? groupCodes[group], share: lies.share ?? share });
    const randoms = [lies.clientRandom ?? this.hello.random, lies.serverRandom ?? this.#random];
    const signature = lies.signature ?? this.#credential.sign(concatBytes(...randoms, params));
    const scheme = lies.scheme ?? signatureSchemeCodes.ecdsa_secp256r1_sha256;
    return this.#say(encodeServerKeyExchange({ params, scheme, signature }));
  }

  certificateRequest(request: Partial<Tls12CertificateRequest> = {}): Uint8Array {
    const ecdsaOnly = { certificateTypes: [64], schemes: [signatureSchemeCodes.ecdsa_secp256r1_sha256] };
    return this.#say(encodeTls12CertificateRequest({ ...ecdsaOnly, ...request }));
  }

  serverHelloDone(): Uint8Array {
    return this.#say(encodeServerHelloDone());
  }

  newSessionTicket(ticket: Uint8Array, lifetimeSeconds = 3600): Uint8Array {
    return this.#say(encodeTls12SessionTicket({ lifetimeSeconds, ticket }));
  }

  finished(lies: { verifyData?: Uint8Array } = {}): Uint8Array {
    const honest = this.#demandMaster().finished('server', this.#transcript.digest());
    return this.#say(encodeFinished(lies.verifyData ?? honest));
  }

  /** In no transcript, RFC 5246 §7.4.1.1. */
  helloRequest(): Uint8Array {
    return encodeHelloRequest();
  }

  useKeys(): void {
    if (this.#keys === undefined) throw new Error('no ClientKeyExchange came yet');
    this.#sending = this.#keys.server;
  }

  /** What a ticket of this connection resumes with; the handshake must be over. */
  session(): ResumableMaster {
    return this.#demandMaster().connected().resumable();
  }

  /** Takes the keys from an earlier session: for after a ServerHello that returns the client's session id. */
  resume(session: ResumableMaster): void {
    this.#useMaster(session.resume({ client: this.hello.random, server: this.#random }));
  }

  /** ServerHello to Finished with the keys of an earlier session; the client's Finished comes after it. */
  honestResumedFlight(session: ResumableMaster, { ticket }: { ticket?: Uint8Array } = {}): Uint8Array {
    const more = ticket === undefined ? [] : [acknowledgement('session_ticket')];
    const messages = [this.serverHello({ sessionId: this.hello.sessionId, more })];
    if (ticket !== undefined) messages.push(this.newSessionTicket(ticket));
    const hello = this.plain('handshake', concatBytes(...messages));
    this.resume(session);
    return concatBytes(hello, this.honestEnd());
  }

  /** ServerHello to ServerHelloDone, in one record. */
  honestFlight({ requestCertificate = false, announceTicket = false } = {}): Uint8Array {
    const more = announceTicket ? [acknowledgement('session_ticket')] : [];
    const messages = [this.serverHello({ more }), this.certificate(), this.serverKeyExchange()];
    if (requestCertificate) messages.push(this.certificateRequest());
    return this.plain('handshake', concatBytes(...messages, this.serverHelloDone()));
  }

  /** ChangeCipherSpec and Finished; the keys are in use after it. */
  honestEnd(): Uint8Array {
    this.useKeys();
    return concatBytes(this.changeCipherSpec(), this.seal('handshake', this.finished()));
  }

  changeCipherSpec(): Uint8Array {
    return this.plain('change_cipher_spec', Uint8Array.of(1));
  }

  /** One record in the clear. */
  plain(type: RecordType, bytes: Uint8Array, minorVersion = 3): Uint8Array {
    return plainRecord(type, bytes, minorVersion);
  }

  /** `bytes` under the present keys, in records of at most `pieceLength`. */
  seal(type: RecordType | number, bytes: Uint8Array, pieceLength = 16_384): Uint8Array {
    return sealRecords(this.#sending, type, { bytes, pieceLength });
  }

  #deriveKeys(clientShare: Uint8Array): void {
    const randoms = { client: this.hello.random, server: this.#random };
    const sharedSecret = this.#exchange.agree(clientShare);
    const sessionHash = this.#transcript.digest();
    this.#useMaster(extendedMaster(this.#suite, randoms, { sharedSecret, sessionHash }));
  }

  #useMaster(master: MasterStage): void {
    this.#master = master;
    this.#keys = master.recordKeys();
  }

  #demandMaster(): MasterStage {
    if (this.#master === undefined) throw new Error('there is no master secret yet');
    return this.#master;
  }

  #say(encoded: Uint8Array): Uint8Array {
    this.#transcript.append(encoded);
    return encoded;
  }
}

/** An extension with which a server says yes and nothing more. */
export function acknowledgement(name: ExtensionName): Extension {
  return extension(name, new Uint8Array(0));
}
