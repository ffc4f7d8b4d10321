import { bytes16, choice, optional, record, text, u8, u32, type ValueOf } from '../fields.ts';

/** Session handles are small numbers that the part hands out. */
export const sessionHandle: typeof u8 = u8;

export const tlsPhaseNames = ['handshaking', 'connected', 'closed', 'failed'] as const;
export type TlsPhase = (typeof tlsPhaseNames)[number];

/** Network or application bytes in one message: the largest frame payload less its own fields. */
export const TLS_CHUNK_MAX = 16_384;

/** Why a session failed: a public code and a sentence. The alert, if any, is in the outgoing bytes. */
export const tlsFailureFields = record({ code: text(16), detail: text(500) });

/**
 * What every command that moves a TLS session answers. `outgoing` saves the host an exchange: it carries as much of
 * what the network should get as the part allows itself in one answer; the rest is fetched by TLS_PULL.
 */
export const tlsProgressFields = record({
  phase: choice(tlsPhaseNames),
  outgoing: bytes16(TLS_CHUNK_MAX),
  /** Bytes for the network that did not fit `outgoing`. */
  pullable: u32,
  /** Decrypted application bytes that wait for TLS_READ. */
  readable: u32,
  failure: optional(tlsFailureFields),
});

export type TlsProgress = ValueOf<typeof tlsProgressFields>;
