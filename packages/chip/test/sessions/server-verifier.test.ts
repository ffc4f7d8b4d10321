import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { parseTrustAnchor, type TrustAnchor } from '@keystile/pki/path';
import { SERVER_NAME, TestFleet } from '@keystile/testkit';
import type { CertificateVerifier } from '@keystile/tls';
import { RevocationLists } from '../../src/sessions/revocation-lists.ts';
import { serverVerifier } from '../../src/sessions/server-verifier.ts';

const DAY_MS = 86_400_000;

let fleet: TestFleet;
let anchors: readonly TrustAnchor[];
before(async () => {
  fleet = await TestFleet.create();
  anchors = [parseTrustAnchor(fleet.fleet.authorities.root.der)];
});
after(() => fleet.remove());

const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

async function chainFrom(fromDays: number): Promise<Uint8Array[]> {
  const fromMs = fleet.clock.ms + fromDays * DAY_MS;
  const { cert } = await fleet.server({ fromMs, untilMs: fromMs + 30 * DAY_MS });
  return (cert.match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new Uint8Array(new X509Certificate(pem).raw),
  );
}

/** A verifier at the fleet's time, which certificates may move by 90 days, and where they moved it to. */
function verifier(): { verify: CertificateVerifier['verify']; movedTo: number[] } {
  const movedTo: number[] = [];
  const { ms } = fleet.clock;
  const { verify } = serverVerifier({
    policy: fleet.policies[0] ?? assert.fail('the fleet has a policy'),
    anchors,
    time: { nowMs: ms, certificateLimitMs: ms + 90 * DAY_MS, isFresh: () => false },
    lists: new RevocationLists(),
    onLaterTime: (provenMs) => movedTo.push(provenMs),
  });
  return { verify, movedTo };
}

async function verify(chain: readonly Uint8Array[]): Promise<number[]> {
  const { verify: verifyChain, movedTo } = verifier();
  await verifyChain({ chain, serverName: SERVER_NAME });
  return movedTo;
}

test('a certificate that is valid now moves no time', async () => {
  assert.deepEqual(await verify(await chainFrom(0)), []);
});

test('a certificate of a trusted CA that begins later shows that it is later', async () => {
  assert.deepEqual(await verify(await chainFrom(60)), [wholeSecond(fleet.clock.ms + 60 * DAY_MS)]);
});

test('one that begins more than 90 days after the last token is not valid yet', async () => {
  await assert.rejects(async () => verify(await chainFrom(91)), { code: 'KS-P103' });
});

test('a certificate that the server merely adds to its list moves nothing', async () => {
  const [leaf, issuer] = await chainFrom(10);
  const [unrelated] = await chainFrom(80);
  const [earlier] = await chainFrom(5);
  const chain = [leaf, issuer, unrelated, earlier].map((der) => der ?? new Uint8Array(0));
  assert.deepEqual(await verify(chain), [wholeSecond(fleet.clock.ms + 10 * DAY_MS)]);
  const valid = [...(await chainFrom(0)), unrelated ?? new Uint8Array(0)];
  assert.deepEqual(await verify(valid), []);
});

test('anchors that the policy does not name are none', async () => {
  const [policy] = fleet.policies;
  assert.ok(policy !== undefined);
  const { verify: verifyChain } = serverVerifier({
    policy: { ...policy, anchorDigests: [new Uint8Array(32)] },
    anchors,
    time: { nowMs: fleet.clock.ms, certificateLimitMs: fleet.clock.ms, isFresh: () => false },
    lists: new RevocationLists(),
    onLaterTime: () => {},
  });
  const chain = await chainFrom(0);
  assert.throws(() => verifyChain({ chain, serverName: SERVER_NAME }), { code: 'KS-P101' });
});
