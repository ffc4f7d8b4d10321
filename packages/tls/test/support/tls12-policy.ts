import { defaultTlsPolicy, type TlsPolicy } from '../../src/index.ts';

export const tls12Suites = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CCM',
] as const;

/** TLS 1.2 and nothing else. */
export const onlyTls12: Pick<TlsPolicy, 'versions' | 'suites'> = { versions: ['1.2'], suites: tls12Suites };

/** Both, as a product would offer them to a server whose age it does not know. */
export const bothVersions: Pick<TlsPolicy, 'versions' | 'suites'> = {
  versions: ['1.3', '1.2'],
  suites: [...defaultTlsPolicy.suites, ...tls12Suites],
};
