import { resolve } from 'node:path';
import type { TlsOptions } from 'node:tls';
import type { MqttsConfiguration, WssConfiguration } from '../configuration/schema.ts';
import { readCertificateOf, readCertificates, readPrivateKey } from '../files.ts';

/** Suites in our order: ECDHE-ECDSA with AES in an authenticated mode, for both versions. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_AES_128_CCM_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-CCM',
].join(':');

/** P-384 has no fast code in OpenSSL: accepted, never preferred. */
const GROUPS = 'X25519MLKEM768:X25519:P-256:P-384';

/** The floor of every TLS listener; no configuration lowers it. */
export function tlsOptions(configuration: MqttsConfiguration | WssConfiguration, folder: string): TlsOptions {
  const key = readPrivateKey(resolve(folder, configuration.key));
  const anchors = configuration.client_anchors;
  return {
    key,
    cert: readCertificateOf(resolve(folder, configuration.certificate), key),
    ...(anchors !== undefined && { ca: readCertificates(resolve(folder, anchors)) }),
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    ecdhCurve: GROUPS,
    honorCipherOrder: true,
    requestCert: anchors !== undefined,
    handshakeTimeout: configuration.handshake_timeout_ms,
  };
}
