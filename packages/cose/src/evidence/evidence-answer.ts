import { KeystileError } from '@keystile/errors';
import { CborError, type CborValue, decodeCbor, encodeCbor } from '../cbor.ts';

/**
 * What a device answers when it is asked for evidence: the statement, and the certificates of the key that signed it.
 *
 *   answer = [ statement: bstr, chain: [ 1*6 bstr ] ]      leaf first, DER
 */
export interface EvidenceAnswer {
  readonly statement: Uint8Array;
  readonly chain: readonly Uint8Array[];
}

/** The longest path that a validator takes. */
const CHAIN_MAX = 6;
const CERTIFICATE_MAX = 4096;

export function encodeEvidenceAnswer({ statement, chain }: EvidenceAnswer): Uint8Array {
  return encodeCbor([statement, chain]);
}

/** Nothing of it is verified. Throws `KS-S126`. */
export function decodeEvidenceAnswer(answer: Uint8Array): EvidenceAnswer {
  const parts = decoded(answer);
  if (!Array.isArray(parts) || parts.length !== 2) throw malformed('an answer is an array of two');
  const [statement, chain] = parts as readonly CborValue[];
  if (!(statement instanceof Uint8Array)) throw malformed('the statement is a byte string');
  if (!Array.isArray(chain) || chain.length === 0 || chain.length > CHAIN_MAX) {
    throw malformed(`the chain is an array of 1 to ${CHAIN_MAX}`);
  }
  return { statement, chain: (chain as readonly CborValue[]).map(certificateOf) };
}

function certificateOf(value: CborValue): Uint8Array {
  if (value instanceof Uint8Array && value.length <= CERTIFICATE_MAX) return value;
  throw malformed(`a certificate is a byte string of at most ${CERTIFICATE_MAX}`);
}

function decoded(answer: Uint8Array): CborValue {
  try {
    return decodeCbor(answer);
  } catch (error) {
    if (error instanceof CborError) throw malformed(error.message);
    throw error;
  }
}

function malformed(detail: string): KeystileError {
  return new KeystileError('KS-S126', detail);
}
