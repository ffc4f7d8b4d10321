import type { TraceEvent } from '@keystile/tls';
import type { Operation } from './pace.ts';

/**
 * What the engine has to do for an event of a handshake. Signatures of certificates the path validation counts, those
 * of the part its vault.
 *
 *   TLS 1.3   key share made ─► generate      ServerHello ─► ecdh            CertificateVerify ─► verify
 *   TLS 1.2   key share made ─► generate      ServerKeyExchange ─► verify, ecdh
 */
export function handshakeOperations(event: TraceEvent): readonly Operation[] {
  if (event.kind === 'key') {
    if (event.action === 'created' && event.name.startsWith('ephemeral ')) return ['generate'];
    // Not the message: a HelloRetryRequest is a ServerHello, and agrees on nothing.
    if (event.action === 'derived' && event.name === 'client_handshake_traffic_secret') return ['ecdh'];
  }
  if (event.kind === 'message' && event.direction === 'received') {
    if (event.name === 'CertificateVerify') return ['verify'];
    if (event.name === 'ServerKeyExchange') return ['verify', 'ecdh'];
  }
  return [];
}
