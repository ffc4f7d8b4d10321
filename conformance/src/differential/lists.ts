import { tags } from '../../../packages/pki/src/path/der.ts';
import { element } from '../../../packages/pki/src/path/der-writer.ts';
import {
  DAY_MS,
  extension,
  integer,
  NOW_MS,
  newKey,
  oids,
  type Party,
} from '../../../packages/pki/test/support/mint.ts';
import {
  type ListFields,
  listEntry,
  mintList,
  reasonCode,
} from '../../../packages/pki/test/support/mint-revocation.ts';
import type { Random } from '../random.ts';
import type { GeneratedChain } from './chains.ts';

/** A revocation list for every issuer of a chain, each with one of these, half of them in order. */
interface ListMutation {
  readonly name: string;
  readonly apply: (fields: ListFields, subject: Party, random: Random) => ListFields | undefined;
}

const listMutations: readonly [ListMutation, ...ListMutation[]] = [
  { name: 'no-list', apply: () => undefined },
  { name: 'revoked', apply: (fields, { serialNumber }) => ({ ...fields, entries: [listEntry(serialNumber)] }) },
  { name: 'revoked-with-reason', apply: revokedWithReason },
  { name: 'another-revoked', apply: (fields) => ({ ...fields, entries: [listEntry(Uint8Array.of(0x7f, 1, 2))] }) },
  { name: 'stale', apply: (fields) => ({ ...fields, nextUpdateMs: NOW_MS - 1000 }) },
  { name: 'of-tomorrow', apply: (fields) => ({ ...fields, thisUpdateMs: NOW_MS + DAY_MS / 2 }) },
  { name: 'without-end', apply: (fields) => ({ ...fields, nextUpdateMs: undefined }) },
  { name: 'by-another-key', apply: (fields) => ({ ...fields, key: newKey() }) },
  { name: 'unknown', apply: (fields) => withExtension(fields, extension('1.3.6.1.4.1.55555.1', Uint8Array.of(5, 0))) },
  {
    name: 'unknown-critical',
    apply: (fields) => withExtension(fields, extension('1.3.6.1.4.1.55555.1', Uint8Array.of(5, 0), true)),
  },
  {
    name: 'delta',
    apply: (fields) => withExtension(fields, extension(oids.deltaCRLIndicator, integer(Uint8Array.of(1)), true)),
  },
  { name: 'for-users', apply: (fields) => withExtension(fields, scope(0x81)) },
  { name: 'for-authorities', apply: (fields) => withExtension(fields, scope(0x82)) },
  { name: 'indirect', apply: (fields) => withExtension(fields, scope(0x84)) },
  { name: 'without-number', apply: (fields) => ({ ...fields, extensions: { cRLNumber: undefined } }) },
  {
    name: 'critical-entry',
    apply: (fields) => {
      const critical = extension('1.3.6.1.4.1.55555.1', Uint8Array.of(5, 0), true);
      return { ...fields, entries: [listEntry(Uint8Array.of(0x7f, 1, 2), critical)] };
    },
  },
];

export function withLists(chain: GeneratedChain, random: Random): GeneratedChain {
  const parties = [chain.leaf, ...chain.intermediates, chain.root];
  const lists: Uint8Array[] = [];
  const traits = [...chain.traits];
  for (const [place, issuer] of parties.entries()) {
    const subject = parties[place - 1];
    if (subject === undefined) continue;
    const mutation = random.below(2) === 0 ? undefined : random.pick(listMutations);
    const fields = mutation === undefined ? { issuer } : mutation.apply({ issuer }, subject, random);
    if (mutation !== undefined) traits.push(`${mutation.name}@list ${place}`);
    if (fields !== undefined) lists.push(mintList(fields));
  }
  return { ...chain, id: `${chain.id} with lists`, traits, lists };
}

function revokedWithReason(fields: ListFields, { serialNumber }: Party, random: Random): ListFields {
  const reason = random.pick([1, 2, 3, 4, 5, 6, 9, 10]);
  return { ...fields, entries: [listEntry(serialNumber, reasonCode(reason))] };
}

function withExtension(fields: ListFields, extra: Uint8Array): ListFields {
  return { ...fields, extensions: { extra } };
}

/** IssuingDistributionPoint with one flag: only user certificates, only those of CAs, or indirect. */
function scope(tag: number): Uint8Array {
  return extension(oids.issuingDistributionPoint, element(tags.sequence, element(tag, Uint8Array.of(0xff))), true);
}
