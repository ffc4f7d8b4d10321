import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { concatBytes, encodeUtf8 } from '@keystile/bytes';
import { tags } from '../../src/path/der.ts';
import { bitString, element, objectIdentifier, utf8String } from '../../src/path/der-writer.ts';
import { parseIpAddress } from '../../src/path/ip-address.ts';

/**
 * Certificates for tests, written byte by byte so that each rule can be broken on its own: by default a CA or a TLS server
 * as RFC 5280 wants it, with any extension replaced, added or left out. Not for issuing: `@keystile/pki/issue` does that.
 */
export interface Party {
  /** The certificate. */
  readonly der: Uint8Array;
  readonly key: Key;
  /** Encoded subject. */
  readonly name: Uint8Array;
  readonly serialNumber: Uint8Array;
}

export interface Key {
  readonly private: KeyObject;
  readonly spki: Uint8Array;
  /** SHA-1 over the public key (RFC 5280 §4.2.1.2, method 1). */
  readonly identifier: Uint8Array;
  readonly algorithm: keyof typeof algorithms;
}

export interface CertificateFields {
  /** Common name, or an encoded name. */
  readonly subject: string | Uint8Array;
  /** Absent: self-signed. */
  readonly issuer?: Pick<Party, 'key' | 'name'>;
  readonly key?: Key;
  readonly serialNumber?: Uint8Array;
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  /** By any label; undefined leaves a default one out, a new label adds one. */
  readonly extensions?: Readonly<Record<string, Uint8Array | undefined>>;
  /** Encoded AlgorithmIdentifier within and without; the signature stays ECDSA. */
  readonly algorithm?: Uint8Array;
  readonly outerAlgorithm?: Uint8Array;
}

export const NOW_MS: number = Date.UTC(2026, 10, 23, 12);
export const DAY_MS = 86_400_000;

const algorithms = {
  P256: { curve: 'P-256', identifier: '1.2.840.10045.4.3.2', hash: 'sha256' },
  P384: { curve: 'P-384', identifier: '1.2.840.10045.4.3.3', hash: 'sha384' },
} as const;

const COMMON_NAME = '2.5.4.3';

export const oids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  cRLNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  deltaCRLIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

export function newKey(algorithm: keyof typeof algorithms = 'P256'): Key {
  const pair = generateKeyPairSync('ec', { namedCurve: algorithms[algorithm].curve });
  const spki = new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' }));
  const point = spki.subarray(spki.length - (algorithm === 'P256' ? 65 : 97));
  return { private: pair.privateKey, spki, identifier: sha1(point), algorithm };
}

/** A CA certificate. */
export function mintCa(fields: CertificateFields): Party {
  const key = fields.key ?? newKey();
  return mint(
    { ...fields, key },
    {
      basicConstraints: basicConstraints(true),
      keyUsage: keyUsage(0x06),
      subjectKeyIdentifier: extension(oids.subjectKeyIdentifier, element(tags.octetString, key.identifier)),
    },
  );
}

/** The certificate of a TLS server, by default for `server.example`. */
export function mintLeaf(fields: CertificateFields): Party {
  return mint(fields, {
    keyUsage: keyUsage(0x80),
    extendedKeyUsage: extendedKeyUsage(oids.serverAuth),
    subjectAlternativeName: alternativeNames(dnsName('server.example')),
  });
}

function mint(fields: CertificateFields, defaults: Readonly<Record<string, Uint8Array | undefined>>): Party {
  const key = fields.key ?? newKey();
  const name = typeof fields.subject === 'string' ? commonName(fields.subject) : fields.subject;
  const issuer = fields.issuer ?? { key, name };
  const serialNumber = fields.serialNumber ?? nextSerial();
  const authority = fields.issuer && { authorityKeyIdentifier: authorityKeyIdentifier(issuer.key) };
  const algorithm = fields.algorithm ?? algorithmOf(issuer.key);
  const extensions = Object.values({ ...defaults, ...authority, ...fields.extensions }).filter(
    (each) => each !== undefined,
  );
  const tbs = element(
    tags.sequence,
    element(0xa0, integer(Uint8Array.of(2))),
    integer(serialNumber),
    algorithm,
    issuer.name,
    element(
      tags.sequence,
      time(fields.notBeforeMs ?? NOW_MS - DAY_MS),
      time(fields.notAfterMs ?? NOW_MS + 365 * DAY_MS),
    ),
    name,
    key.spki,
    ...(extensions.length === 0 ? [] : [element(0xa3, element(tags.sequence, ...extensions))]),
  );
  return { der: signed(tbs, issuer.key, { algorithm: fields.outerAlgorithm ?? algorithm }), key, name, serialNumber };
}

/** Content, algorithm and signature in one SEQUENCE; `more` follows them, as OCSP has it. */
export function signed(
  tbs: Uint8Array,
  key: Key,
  options: { readonly algorithm?: Uint8Array; readonly more?: readonly Uint8Array[] } = {},
): Uint8Array {
  const signature = sign(algorithms[key.algorithm].hash, tbs, key.private);
  return element(
    tags.sequence,
    tbs,
    options.algorithm ?? algorithmOf(key),
    bitString(new Uint8Array(signature)),
    ...(options.more ?? []),
  );
}

export function algorithmOf(key: Key): Uint8Array {
  return element(tags.sequence, objectIdentifier(algorithms[key.algorithm].identifier));
}

export function commonName(text: string): Uint8Array {
  return nameOf([COMMON_NAME, text]);
}

/** One attribute for each relative name. */
export function nameOf(...attributes: readonly (readonly [type: string, value: string])[]): Uint8Array {
  const relativeNames = attributes.map(([type, value]) =>
    element(tags.set, element(tags.sequence, objectIdentifier(type), utf8String(value))),
  );
  return element(tags.sequence, ...relativeNames);
}

export function extension(identifier: string, value: Uint8Array, critical = false): Uint8Array {
  const flag = critical ? [element(tags.boolean, Uint8Array.of(0xff))] : [];
  return element(tags.sequence, objectIdentifier(identifier), ...flag, element(tags.octetString, value));
}

export function basicConstraints(ca: boolean, pathLength?: number): Uint8Array {
  const parts = [
    ...(ca ? [element(tags.boolean, Uint8Array.of(0xff))] : []),
    ...(pathLength === undefined ? [] : [integer(Uint8Array.of(pathLength))]),
  ];
  return extension(oids.basicConstraints, element(tags.sequence, ...parts), true);
}

/** `bits`: the first eight, digitalSignature 0x80, keyCertSign 0x04, cRLSign 0x02. */
export function keyUsage(bits: number): Uint8Array {
  const unused = 31 - Math.clz32(bits & -bits);
  return extension(oids.keyUsage, element(tags.bitString, Uint8Array.of(unused, bits)), true);
}

export function extendedKeyUsage(...purposes: readonly string[]): Uint8Array {
  return extension(oids.extendedKeyUsage, element(tags.sequence, ...purposes.map(objectIdentifier)));
}

export function authorityKeyIdentifier(key: Key): Uint8Array {
  return extension(oids.authorityKeyIdentifier, element(tags.sequence, element(0x80, key.identifier)));
}

export function alternativeNames(...names: readonly Uint8Array[]): Uint8Array {
  return extension(oids.subjectAlternativeName, element(tags.sequence, ...names));
}

export interface Subtrees {
  readonly permitted?: readonly Uint8Array[];
  readonly excluded?: readonly Uint8Array[];
}

export function nameConstraints({ permitted = [], excluded = [] }: Subtrees): Uint8Array {
  const list = (tag: number, bases: readonly Uint8Array[]): readonly Uint8Array[] =>
    bases.length === 0 ? [] : [element(tag, ...bases.map((base) => element(tags.sequence, base)))];
  const value = element(tags.sequence, ...list(0xa0, permitted), ...list(0xa1, excluded));
  return extension(oids.nameConstraints, value, true);
}

export function dnsName(text: string): Uint8Array {
  return element(0x82, encodeUtf8(text));
}

export function uriName(text: string): Uint8Array {
  return element(0x86, encodeUtf8(text));
}

export function mailName(text: string): Uint8Array {
  return element(0x81, encodeUtf8(text));
}

export function directoryName(name: Uint8Array): Uint8Array {
  return element(0xa4, name);
}

/** An address, or with a mask a range of them. */
export function ipName(address: string, mask?: string): Uint8Array {
  const bytes = [address, ...(mask === undefined ? [] : [mask])].map(
    (text) => parseIpAddress(text) ?? new Uint8Array(),
  );
  return element(0x87, ...bytes);
}

/** A non-negative INTEGER. */
export function integer(bytes: Uint8Array): Uint8Array {
  return element(tags.integer, (bytes[0] ?? 0) >= 0x80 ? concatBytes(Uint8Array.of(0), bytes) : bytes);
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
export function time(ms: number): Uint8Array {
  const year = new Date(ms).getUTCFullYear();
  return year < 2050 ? element(tags.utcTime, encodeUtf8(digits(ms).slice(2))) : generalizedTime(ms);
}

export function generalizedTime(ms: number): Uint8Array {
  return element(tags.generalizedTime, encodeUtf8(digits(ms)));
}

function digits(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/\D/g, '')}Z`;
}

export function sha1(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha1').update(bytes).digest());
}

let serials = 0x1000;

function nextSerial(): Uint8Array {
  serials++;
  return Uint8Array.of(serials >> 8, serials & 0xff);
}
