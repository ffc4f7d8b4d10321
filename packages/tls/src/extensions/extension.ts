import { type ByteReader, BytesError, ByteWriter } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';

/** RFC 8446 §4.2, RFC 8449, RFC 6066, RFC 7301; of TLS 1.2 RFC 8422 §5.1.2, RFC 7627 §5.1, RFC 5077 §3.2, RFC 5746 §3.2. */
export const extensionCodes = {
  server_name: 0,
  max_fragment_length: 1,
  status_request: 5,
  supported_groups: 10,
  ec_point_formats: 11,
  signature_algorithms: 13,
  application_layer_protocol_negotiation: 16,
  extended_master_secret: 23,
  record_size_limit: 28,
  session_ticket: 35,
  pre_shared_key: 41,
  early_data: 42,
  supported_versions: 43,
  cookie: 44,
  psk_key_exchange_modes: 45,
  certificate_authorities: 47,
  oid_filters: 48,
  post_handshake_auth: 49,
  signature_algorithms_cert: 50,
  key_share: 51,
  renegotiation_info: 0xff01,
} as const;

export type ExtensionName = keyof typeof extensionCodes;

/** The server's messages that carry extensions. */
export type ExtensionBearer =
  | 'ServerHello'
  | 'Tls12ServerHello'
  | 'HelloRetryRequest'
  | 'EncryptedExtensions'
  | 'CertificateRequest'
  | 'Certificate'
  | 'NewSessionTicket';

/** Which known extension may stand in which of them: the table of RFC 8446 §4.2, and TLS 1.2's ServerHello, which answers all. */
const placesOf: Readonly<Record<ExtensionName, readonly ExtensionBearer[]>> = {
  server_name: ['EncryptedExtensions', 'Tls12ServerHello'],
  max_fragment_length: ['EncryptedExtensions', 'Tls12ServerHello'],
  status_request: ['CertificateRequest', 'Certificate', 'Tls12ServerHello'],
  supported_groups: ['EncryptedExtensions'],
  ec_point_formats: ['Tls12ServerHello'],
  signature_algorithms: ['CertificateRequest'],
  application_layer_protocol_negotiation: ['EncryptedExtensions', 'Tls12ServerHello'],
  extended_master_secret: ['Tls12ServerHello'],
  record_size_limit: ['EncryptedExtensions', 'Tls12ServerHello'],
  session_ticket: ['Tls12ServerHello'],
  pre_shared_key: ['ServerHello'],
  early_data: ['EncryptedExtensions', 'NewSessionTicket'],
  supported_versions: ['ServerHello', 'HelloRetryRequest'],
  cookie: ['HelloRetryRequest'],
  psk_key_exchange_modes: [],
  certificate_authorities: ['CertificateRequest'],
  oid_filters: ['CertificateRequest'],
  post_handshake_auth: [],
  signature_algorithms_cert: ['CertificateRequest'],
  key_share: ['ServerHello', 'HelloRetryRequest'],
  renegotiation_info: ['Tls12ServerHello'],
};

const namesByCode = new Map<number, ExtensionName>(
  (Object.keys(extensionCodes) as ExtensionName[]).map((name) => [extensionCodes[name], name]),
);

export interface Extension {
  readonly code: number;
  readonly data: Uint8Array;
}

/** A block of extensions, each at most once (RFC 8446 §4.2). */
export class ExtensionBlock {
  readonly #data: ReadonlyMap<number, Uint8Array>;

  constructor(data: ReadonlyMap<number, Uint8Array>) {
    this.#data = data;
  }

  get(name: ExtensionName): Uint8Array | undefined {
    return this.#data.get(extensionCodes[name]);
  }

  /**
   * Refuses what was not asked for (`KS-T113`) and what stands in the wrong message (`KS-T112`), RFC 8446 §4.2.
   * In messages that start an exchange of their own (CertificateRequest, NewSessionTicket) unknown ones are ignored.
   */
  check(bearer: ExtensionBearer, asked: ReadonlySet<number>): void {
    const isRequest = bearer === 'CertificateRequest' || bearer === 'NewSessionTicket';
    for (const code of this.#data.keys()) {
      const name = namesByCode.get(code);
      const isAnswerToNothing =
        !isRequest && !asked.has(code) && !(bearer === 'HelloRetryRequest' && name === 'cookie');
      if (name !== undefined && !placesOf[name].includes(bearer)) {
        throw new KeystileError('KS-T112', `the extension ${name} stands in ${bearer}, where it may not`);
      }
      if (isAnswerToNothing) {
        throw new KeystileError('KS-T113', `${bearer} holds the extension ${name ?? code}, which was not offered`);
      }
    }
  }
}

/** Reads a 16-bit-length block from the reader. */
export function readExtensions(reader: ByteReader): ExtensionBlock {
  const length = reader.u16();
  const end = reader.offset + length;
  const data = new Map<number, Uint8Array>();
  while (reader.offset < end) {
    const code = reader.u16();
    // RFC 8446 §4.2: at most one of each type in a block.
    if (data.has(code))
      throw new KeystileError('KS-T112', `the extension ${namesByCode.get(code) ?? code} comes twice`);
    data.set(code, reader.vector16());
  }
  if (reader.offset !== end) throw new BytesError('an extension is longer than its block');
  return new ExtensionBlock(data);
}

export function encodeExtensions(extensions: readonly Extension[]): Uint8Array {
  const block = new ByteWriter();
  for (const { code, data } of extensions) block.u16(code).vector16(data);
  return new ByteWriter().vector16(block.finish()).finish();
}
