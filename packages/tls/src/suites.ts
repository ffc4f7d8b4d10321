import type { CipherSuite, TlsVersion } from './codepoints.ts';

/** What a cipher suite means to the key schedule and the record layer. */
export interface SuiteParameters {
  readonly name: CipherSuite;
  /** A suite belongs to one version: those of TLS 1.2 name their key exchange, those of TLS 1.3 leave it to the groups. */
  readonly version: TlsVersion;
  readonly hash: 'sha256' | 'sha384';
  readonly hashLength: 32 | 48;
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'aes-128-ccm';
  readonly keyLength: 16 | 32;
  /** Records one key may protect, RFC 8446 §5.5 (GCM: 2^24.5) and RFC 9147 §4.5.3 (CCM: 2^23). */
  readonly recordsPerKeyMax: number;
}

export const tagLength = 16;
export const ivLength = 12;

const gcmRecordsMax = 2 ** 24;
const ccmRecordsMax = 2 ** 23;

export const suiteParameters: Readonly<Record<CipherSuite, SuiteParameters>> = {
  TLS_AES_128_GCM_SHA256: {
    name: 'TLS_AES_128_GCM_SHA256',
    version: '1.3',
    hash: 'sha256',
    hashLength: 32,
    cipher: 'aes-128-gcm',
    keyLength: 16,
    recordsPerKeyMax: gcmRecordsMax,
  },
  TLS_AES_256_GCM_SHA384: {
    name: 'TLS_AES_256_GCM_SHA384',
    version: '1.3',
    hash: 'sha384',
    hashLength: 48,
    cipher: 'aes-256-gcm',
    keyLength: 32,
    recordsPerKeyMax: gcmRecordsMax,
  },
  TLS_AES_128_CCM_SHA256: {
    name: 'TLS_AES_128_CCM_SHA256',
    version: '1.3',
    hash: 'sha256',
    hashLength: 32,
    cipher: 'aes-128-ccm',
    keyLength: 16,
    recordsPerKeyMax: ccmRecordsMax,
  },
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: {
    name: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    version: '1.2',
    hash: 'sha256',
    hashLength: 32,
    cipher: 'aes-128-gcm',
    keyLength: 16,
    recordsPerKeyMax: gcmRecordsMax,
  },
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: {
    name: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    version: '1.2',
    hash: 'sha384',
    hashLength: 48,
    cipher: 'aes-256-gcm',
    keyLength: 32,
    recordsPerKeyMax: gcmRecordsMax,
  },
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM: {
    name: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM',
    version: '1.2',
    hash: 'sha256',
    hashLength: 32,
    cipher: 'aes-128-ccm',
    keyLength: 16,
    recordsPerKeyMax: ccmRecordsMax,
  },
};
