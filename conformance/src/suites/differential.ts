import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { KeystileError } from '@keystile/errors';
import { parseTrustAnchor, type ServerPathRequest, validateServerPath } from '@keystile/pki/path';
import { mintCa, NOW_MS } from '../../../packages/pki/test/support/mint.ts';
import { askOpensslOcsp, generateAnswer, makeAnswerWorld } from '../differential/answers.ts';
import { type GeneratedChain, generateChain } from '../differential/chains.ts';
import { explanationOf } from '../differential/explanations.ts';
import { withLists } from '../differential/lists.ts';
import { nameMutations } from '../differential/mutations.ts';
import { type GeneratedName, generateName } from '../differential/names.ts';
import { type Answers, askOpenssl, opensslVersion } from '../differential/openssl.ts';
import { Random } from '../random.ts';
import type { CaseResult, Suite, SuiteOptions } from '../suite.ts';

/**
 * Generated chains, revocation lists, OCSP answers and server names, judged by the product's path validator and by
 * OpenSSL: chains by `openssl verify -x509_strict`, answers by `openssl ocsp`, names by Node's X509Certificate. Where the two differ, a rule says why, or the case
 * has failed.
 */
export const suite: Suite = {
  title: 'generated chains, revocation lists, OCSP answers and names, judged alike by OpenSSL',
  run,
};

const CHAINS = 1_200;
const CHAINS_WITH_NAMES = 800;
const CHAINS_WITH_LISTS = 600;
const NAMES = 1_000;
const ANSWERS = 200;
const HOST_NAME = 'server.example';
const STATEMENT_AGE_MAX_MS = 30 * 86_400_000;

async function* run({ seed, stride }: SuiteOptions): AsyncGenerator<CaseResult> {
  const random = new Random(seed);
  const version = opensslVersion();
  if (version === undefined) yield { outcome: 'skipped', case: 'chains', reason: 'there is no openssl command' };
  else {
    let index = 0;
    const generate = (count: number, make: () => GeneratedChain): readonly GeneratedChain[] =>
      Array.from({ length: Math.ceil(count / stride) }, make);
    yield* judgeChains(generate(CHAINS, () => generateChain(random, index++)));
    yield* judgeChains(generate(CHAINS_WITH_NAMES, () => generateChain(random, index++, nameMutations)));
    yield* judgeChains(generate(CHAINS_WITH_LISTS, () => withLists(generateChain(random, index++), random)));
  }
  if (version !== undefined) yield* judgeAnswers(random, Math.ceil(ANSWERS / stride));
  const root = mintCa({ subject: 'Root of names' });
  for (let i = 0; i < Math.ceil(NAMES / stride); i++) yield judgeName(generateName(random, i, root), root.der);
}

function* judgeChains(chains: readonly GeneratedChain[]): Generator<CaseResult> {
  const answers: Answers = askOpenssl({ chains, atMs: NOW_MS, hostName: HOST_NAME });
  for (const chain of chains) {
    yield compared({
      id: chain.id,
      about: chain.traits.join(', ') || 'nothing changed',
      ours: refusalOf(chain.root.der, {
        chain: [chain.leaf, ...chain.intermediates].map(({ der }) => der),
        serverName: HOST_NAME,
        ...(chain.lists === undefined ? {} : { revocation: revocationWith(chain.lists) }),
      }),
      theirs: answers.get(chain.id) ?? 'not asked',
    });
  }
}

function revocationWith(lists: readonly Uint8Array[]): NonNullable<ServerPathRequest['revocation']> {
  return { policy: { rule: 'crl-required', ageMaxMs: STATEMENT_AGE_MAX_MS }, lists, timeIsFresh: true };
}

function* judgeAnswers(random: Random, count: number): Generator<CaseResult> {
  const world = makeAnswerWorld(Date.now());
  try {
    for (let i = 0; i < count; i++) {
      const answer = generateAnswer(world, random, i);
      yield compared({
        id: answer.id,
        about: answer.traits.join(', '),
        ours: refusalOf(
          world.root.der,
          {
            chain: [world.leaf.der],
            serverName: HOST_NAME,
            revocation: {
              policy: { rule: 'ocsp-staple-required', ageMaxMs: STATEMENT_AGE_MAX_MS },
              stapledOcsp: answer.response,
              timeIsFresh: true,
            },
          },
          world.nowMs,
        ),
        theirs: askOpensslOcsp(world, answer),
      });
    }
  } finally {
    world.end();
  }
}

function judgeName({ id, leaf, dialled, names }: GeneratedName, root: Uint8Array): CaseResult {
  const certificate = new X509Certificate(leaf.der);
  const options = { subject: 'never', partialWildcards: false } as const;
  const covered = isIP(dialled) === 0 ? certificate.checkHost(dialled, options) : certificate.checkIP(dialled);
  return compared({
    id,
    about: `${names.join(' ')} dialled as ${dialled}`,
    ours: refusalOf(root, { chain: [leaf.der], serverName: dialled }),
    theirs: covered === undefined ? 'no name fits' : 'accepted',
  });
}

function refusalOf(root: Uint8Array, request: Omit<ServerPathRequest, 'anchors' | 'atMs'>, atMs = NOW_MS): string {
  try {
    validateServerPath({ ...request, anchors: [parseTrustAnchor(root)], atMs });
    return 'accepted';
  } catch (error) {
    if (error instanceof KeystileError) return error.message;
    throw error;
  }
}

interface Comparison {
  readonly id: string;
  readonly about: string;
  readonly ours: string;
  readonly theirs: string;
}

function compared({ id, about, ours, theirs }: Comparison): CaseResult {
  if ((ours === 'accepted') === (theirs === 'accepted')) return { outcome: 'passed', case: id };
  const reason = explanationOf({ about, ours, theirs });
  if (reason !== undefined) return { outcome: 'skipped', case: id, reason };
  return { outcome: 'failed', case: id, reason: `${about}; ours: ${ours}; OpenSSL: ${theirs}` };
}
