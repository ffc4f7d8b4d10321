import { equalPublicBytes, toHex } from '@keystile/bytes';
import type { SigningOrder } from '@keystile/chip';
import {
  administrationResponse,
  evidence,
  lockEvidence,
  logHead,
  pairingEvidence,
  provisionEvidence,
  type StatementKind,
  sigStructure,
  tamperEvidence,
} from '@keystile/cose';
import { decode } from 'cborg';

/** What a part may sign in one run of a test: anything else is an oracle. */
export interface OwnInputs {
  /** CertificationRequestInfo of the part's identity and its own public keys, hexadecimal. */
  readonly requests: ReadonlySet<string>;
  /** Inputs of CertificateVerify over transcripts that the servers of the run have seen themselves, hexadecimal. */
  readonly handshakes: ReadonlySet<string>;
}

/** The statements that a part makes: one that is new is added here, or is found out. */
const listed: readonly StatementKind<unknown>[] = [
  provisionEvidence,
  pairingEvidence,
  lockEvidence,
  evidence,
  tamperEvidence,
  logHead,
  administrationResponse,
];

export type Form = 'csr' | 'tls' | 'statement';

/** Every form that the bytes have. Exactly one is right, and it must be the key's. */
export function formsOf({ purpose: { input } }: SigningOrder, own: OwnInputs): readonly Form[] {
  const forms: Form[] = [];
  if (own.requests.has(toHex(input))) forms.push('csr');
  if (own.handshakes.has(toHex(input))) forms.push('tls');
  if (isListedStatement(input)) forms.push('statement');
  return forms;
}

/** Which key signs what. */
export const formOfSlot: Readonly<Record<SigningOrder['slot'], readonly Form[]>> = {
  attestation: ['statement'],
  idevid: ['csr', 'tls'],
  ldevid: ['csr', 'tls'],
  'ldevid-spare': ['csr', 'tls'],
};

/** Sig_structure of RFC 9052 §4.4, nothing left over, of a type that is listed and with the content of that type. */
function isListedStatement(input: Uint8Array): boolean {
  let parts: unknown;
  try {
    parts = decode(input, { useMaps: true, strict: true, rejectDuplicateMapKeys: true });
  } catch {
    return false;
  }
  if (!Array.isArray(parts) || parts.length !== 4 || parts[0] !== 'Signature1') return false;
  const [, protectedHeader, external, payload] = parts as unknown[];
  if (!(protectedHeader instanceof Uint8Array && payload instanceof Uint8Array)) return false;
  if (!(external instanceof Uint8Array) || external.length > 0) return false;
  if (!equalPublicBytes(sigStructure(protectedHeader, payload), input)) return false;
  const header = decode(protectedHeader, { useMaps: true }) as ReadonlyMap<number, unknown>;
  const kind = listed.find(({ contentType }) => contentType === header.get(3));
  if (kind === undefined || header.get(1) !== -7 || header.size !== 2) return false;
  try {
    kind.decode(payload);
    return true;
  } catch {
    return false;
  }
}
