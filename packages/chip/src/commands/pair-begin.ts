import { createHash } from 'node:crypto';
import { pairingEvidence } from '@keystile/cose';
import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

/**
 * Within a provisioning session the part states, by its attestation key, which keys it saw: a host that checks that
 * against the maker's chain knows that nobody stands between the two. Later the static keys say it alone.
 */
export const pairBegin: CommandHandler<typeof commands.pairBegin> = {
  handle: async (part, request, { pairing }) => {
    const session = part.provisioning;
    if (session === undefined) part.pairing.demandHost(request.hostKey);
    // A key pair for this exchange, and an agreement of each of the part's two keys with each of the host's.
    for (const operation of ['generate', 'ecdh', 'ecdh', 'ecdh', 'ecdh'] as const) part.pace.spend(operation);
    const exchange = part.pairing.begin(request);
    pairing.begin(exchange);
    if (session === undefined) return { ...exchange.answer, evidence: new Uint8Array(0) };
    const { hostStatic, partStatic } = exchange.keys;
    const evidence = await part.signer.statement(pairingEvidence, {
      serial: part.memory.state.serial,
      lineNonce: session.lineNonce,
      hostKeyDigest: sha256(hostStatic),
      partKeyDigest: sha256(partStatic),
      transcript: exchange.transcript,
    });
    return { ...exchange.answer, evidence };
  },
};

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
