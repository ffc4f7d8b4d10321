import { encodeEvidenceAnswer } from '@keystile/cose';
import { chainFields, commands, decodeField } from '@keystile/link';
import { readObject } from './objects.ts';
import type { Part } from './part.ts';

/**
 * What the part says of itself to the server of one of its sessions: the signed statement and the certificates of its
 * attestation key, in the one array that servers expect. The host carries it; it can neither make nor change it.
 */
export async function evidence(part: Part, handle: number, nonce: Uint8Array): Promise<Uint8Array> {
  const { statement } = await part.call(commands.evidence, { handle, nonce });
  // It shares memory with the bus, which the next command reuses.
  const kept = statement.slice();
  const chain = decodeField(chainFields, await readObject(part, 'attestation-chain'));
  return encodeEvidenceAnswer({ statement: kept, chain });
}
