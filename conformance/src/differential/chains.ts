import {
  type CertificateFields,
  commonName,
  mintCa,
  mintLeaf,
  newKey,
  type Party,
} from '../../../packages/pki/test/support/mint.ts';
import type { Random } from '../random.ts';
import { type Mutation, mutations } from './mutations.ts';

/** A root, up to three intermediates and a leaf, with none to three mutations. */
export interface GeneratedChain {
  readonly id: string;
  /** Names of the mutations, with the place of the certificate: 0 is the leaf. */
  readonly traits: readonly string[];
  readonly leaf: Party;
  readonly intermediates: readonly Party[];
  readonly root: Party;
  /** Revocation lists, DER. Undefined: revocation is not asked for. */
  readonly lists: readonly Uint8Array[] | undefined;
}

const INTERMEDIATES_MAX = 3;
const MUTATIONS_MAX = 3;

/** `index` makes the names of the chain its own, so that many chains can stand before one judge at once. */
export function generateChain(random: Random, index: number, choices = mutations): GeneratedChain {
  const intermediates = random.below(INTERMEDIATES_MAX + 1);
  const places = intermediates + 2;
  const chosen = Array.from({ length: random.below(MUTATIONS_MAX + 1) }, () => chooseMutation(random, choices, places));
  const parties: Party[] = [];
  for (let place = places - 1; place >= 0; place--) {
    const above = parties[0];
    const fields: CertificateFields = {
      subject: commonName(`case ${index} ${place}`),
      key: newKey(),
      ...(above === undefined ? {} : { issuer: above }),
    };
    const mutated = chosen
      .filter((each) => each.place === place)
      .reduce((before, { mutation }) => mutation.apply(before, random), fields);
    parties.unshift(place === 0 ? mintLeaf(mutated) : mintCa(mutated));
  }
  const [leaf, ...others] = parties;
  const root = others.pop();
  if (leaf === undefined || root === undefined) throw new RangeError('a chain of less than two certificates');
  const traits = chosen.map(({ mutation, place }) => `${mutation.name}@${place === places - 1 ? 'root' : place}`);
  return { id: `chain ${index}`, traits, leaf, intermediates: others, root, lists: undefined };
}

function chooseMutation(
  random: Random,
  choices: readonly [Mutation, ...Mutation[]],
  places: number,
): { readonly mutation: Mutation; readonly place: number } {
  const mutation = random.pick(choices);
  switch (mutation.on) {
    case 'leaf':
      return { mutation, place: 0 };
    case 'ca':
      return { mutation, place: 1 + random.below(places - 1) };
    case 'any':
      return { mutation, place: random.below(places) };
  }
}
