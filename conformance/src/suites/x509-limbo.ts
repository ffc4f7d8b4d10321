import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeystileError } from '@keystile/errors';
import { parseTrustAnchor, type TrustAnchor } from '@keystile/pki/path';
import { CLIENT_AUTH, SERVER_AUTH } from '../../../packages/pki/src/path/extensions/extended-key-usage.ts';
import { checkServerIdentity } from '../../../packages/pki/src/path/server-identity.ts';
import { productSignatures, type SignaturePolicy } from '../../../packages/pki/src/path/signature-policy.ts';
import { validatePathWith } from '../../../packages/pki/src/path/validate.ts';
import { laxerSignatures } from '../laxer-signatures.ts';
import { type CaseResult, type Suite, type SuiteOptions, sampled } from '../suite.ts';
import { deviations } from '../x509-limbo-deviations.ts';

/**
 * C2SP x509-limbo: chains, each with the result that RFC 5280 or the CA/Browser Forum gives it. Every chain is judged
 * twice, under the product's algorithms and under laxer ones.
 */
export const suite: Suite = {
  title: 'certificate paths of C2SP x509-limbo, under the product’s and a laxer policy',
  run,
};

/** The corpus's own names for its fields; the rest of them is not used. */
interface LimboCase {
  readonly id: string;
  readonly validation_kind: 'SERVER' | 'CLIENT';
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  readonly validation_time: string | null;
  readonly expected_peer_name: { readonly kind: string; readonly value: string } | null;
  readonly expected_result: 'SUCCESS' | 'FAILURE';
  readonly max_chain_depth: number | null;
  readonly crls: readonly string[];
}

type Policy = 'product' | 'laxer';

/** For cases without a time of their own; the corpus was made shortly before. */
const TIME_DEFAULT_MS = Date.UTC(2026, 10, 23);
/** The corpus has valid chains and lists longer than the product's limits. */
const INTERMEDIATES_MAX = 8;
const RECEIVED_MAX = 64;
/** Some cases are built to hold a validator up. */
const CASE_MICROSECONDS_MAX = 1_000_000;
const signatures: Readonly<Record<Policy, SignaturePolicy>> = { product: productSignatures, laxer: laxerSignatures };

async function* run({ vectors, stride }: SuiteOptions): AsyncGenerator<CaseResult> {
  const file = join(vectors, 'x509-limbo.json');
  if (!existsSync(file)) {
    yield { outcome: 'skipped', case: 'x509-limbo.json', reason: `the file is not in ${vectors} (KEYSTILE_VECTORS)` };
    return;
  }
  const cases: readonly LimboCase[] = JSON.parse(readFileSync(file, 'utf8')).testcases;
  for (const limbo of sampled(cases, stride)) {
    yield judged(limbo, 'product');
    yield judged(limbo, 'laxer');
  }
}

function judged(limbo: LimboCase, policy: Policy): CaseResult {
  const name = `${policy} ${limbo.id}`;
  const startedAt = process.cpuUsage();
  const refusal = refusalOf(limbo, policy);
  const { user } = process.cpuUsage(startedAt);
  if (user > CASE_MICROSECONDS_MAX) return { outcome: 'failed', case: name, reason: `it took ${user} µs to judge` };
  const expected = limbo.expected_result === 'SUCCESS' ? 'accepted' : 'refused';
  const ours = refusal === undefined ? 'accepted' : 'refused';
  if (ours === expected) return { outcome: 'passed', case: name };
  if (policy === 'product' && refusal?.code === 'KS-P110') {
    return { outcome: 'skipped', case: name, reason: 'algorithm: the product refuses RSA and P-521' };
  }
  const deviation = deviations.find(
    (each) => each.cases.test(limbo.id) && (each.policy === policy || each.policy === 'both') && each.ours === ours,
  );
  if (deviation !== undefined) return { outcome: 'skipped', case: name, reason: deviation.reason };
  return { outcome: 'failed', case: name, reason: `${expected} by the corpus; ours: ${refusal?.message ?? ours}` };
}

function refusalOf(limbo: LimboCase, policy: Policy): KeystileError | undefined {
  try {
    const { leaf } = validatePathWith(
      {
        chain: [limbo.peer_certificate, ...limbo.untrusted_intermediates].map(der),
        anchors: limbo.trusted_certs.flatMap(readAnchor),
        atMs: limbo.validation_time === null ? TIME_DEFAULT_MS : Date.parse(limbo.validation_time),
        revocation: {
          // The corpus lets its lists be valid for a thousand years.
          policy: { rule: 'crl-if-present', ageMaxMs: Number.POSITIVE_INFINITY },
          lists: limbo.crls.map(der),
          timeIsFresh: true,
        },
      },
      {
        signatures: signatures[policy],
        purpose: limbo.validation_kind === 'CLIENT' ? CLIENT_AUTH : SERVER_AUTH,
        // The corpus has the same chains under both rules; the product goes by the stricter one.
        purposeRequired: limbo.id.startsWith('webpki::'),
        intermediatesMax: limbo.max_chain_depth ?? INTERMEDIATES_MAX,
        receivedMax: RECEIVED_MAX,
      },
    );
    if (limbo.expected_peer_name !== null && limbo.validation_kind === 'SERVER') {
      checkServerIdentity(leaf, limbo.expected_peer_name.value);
    }
    return undefined;
  } catch (error) {
    if (error instanceof KeystileError) return error;
    throw error;
  }
}

/** A root that cannot be read is no anchor; the others of a trust store stay. */
function readAnchor(pem: string): readonly TrustAnchor[] {
  try {
    return [parseTrustAnchor(der(pem))];
  } catch (error) {
    if (error instanceof KeystileError) return [];
    throw error;
  }
}

function der(pem: string): Uint8Array {
  return new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
}
