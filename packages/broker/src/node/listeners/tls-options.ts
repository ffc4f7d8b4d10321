import type { KeyObject } from 'node:crypto';
import { resolve } from 'node:path';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { KeystileError } from '@keystile/errors';
import type { MqttsConfiguration, WssConfiguration } from '../configuration/schema.ts';
import { readCertificateOf, readCertificates, readPrivateKey, readPublicKey } from '../files.ts';

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

/** What a TLS listener reads from files: at the start, and again at a reload. */
export interface TlsMaterial {
  readonly options: TlsOptions;
  /** Public key of operator tokens. */
  readonly tokenKey: KeyObject | undefined;
}

/** Throws `KS-B101`, `KS-B102` or `KS-B105`. */
export function tlsMaterial(configuration: MqttsConfiguration | WssConfiguration, folder: string): TlsMaterial {
  const options = tlsOptions(configuration, folder);
  try {
    createSecureContext(options);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KeystileError('KS-B105', `listener '${configuration.name}': ${why}`, { cause });
  }
  const tokenKey = configuration.kind === 'wss' ? configuration.token_key : undefined;
  return { options, tokenKey: tokenKey === undefined ? undefined : readPublicKey(resolve(folder, tokenKey)) };
}

/** The floor of every TLS listener; no configuration lowers it. */
function tlsOptions(configuration: MqttsConfiguration | WssConfiguration, folder: string): TlsOptions {
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
    // Who shows a certificate must show a good one: `certified` decides, and can say why not.
    rejectUnauthorized: false,
    handshakeTimeout: configuration.handshake_timeout_ms,
  };
}
