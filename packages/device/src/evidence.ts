import { encodeEvidenceAnswer } from '@keystile/cose';
import { chainFields, commands, decodeField, READ_MAX } from '@keystile/link';
import type { Part } from './part.ts';

/**
 * What the part says of itself to the server of one of its sessions: the signed statement and the certificates of its
 * attestation key, in the one array that servers expect. The host carries it; it can neither make nor change it.
 */
export async function evidence(part: Part, handle: number, nonce: Uint8Array): Promise<Uint8Array> {
  const { statement } = await part.call(commands.evidence, { handle, nonce });
  // It shares memory with the bus, which the next command reuses.
  const kept = statement.slice();
  const chain = decodeField(chainFields, await attestationChain(part));
  return encodeEvidenceAnswer({ statement: kept, chain });
}

async function attestationChain(part: Part): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let offset = 0;
  let total: number;
  do {
    const piece = await part.call(commands.read, { object: 'attestation-chain', offset, lengthMax: READ_MAX });
    pieces.push(piece.bytes.slice());
    offset += piece.bytes.length;
    total = piece.bytes.length === 0 ? offset : piece.length;
  } while (offset < total);
  return Buffer.concat(pieces);
}
