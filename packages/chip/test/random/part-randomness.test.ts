import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { RandomSource } from '@keystile/chip';
import { commands, type Policy } from '@keystile/link';
import { InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';

/**
 * Two parts on the same source are alike in all that comes from it. So what differs, did not; ML-KEM keys and ECDSA
 * signatures do differ, since OpenSSL draws for them.
 */
const hybrid: Policy['groups'] = ['X25519MLKEM768', 'X25519'];
const offers: readonly Policy['groups'][] = [['X25519'], ['P-256'], ['P-384'], hybrid];

let source: RandomSource = randomBytes;
let original: InProcessPart;
let fleet: TestFleet;
before(async () => {
  fleet = await TestFleet.create();
  original = new InProcessPart({ clock: fleet.clock, random: (length) => source(length) });
  const [policy] = fleet.policies;
  assert.ok(policy !== undefined);
  const policies = offers.map((groups): Policy => ({ ...policy, name: groups.join(), groups }));
  await fleet.provision(original, policies);
});
after(() => fleet.remove());

/** A source that looks whole and can be played again. */
function replayed(): RandomSource {
  let block = 0;
  return (length) => {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, () =>
      createHash('sha256').update(`block ${block++}`).digest(),
    );
    return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
  };
}

async function helloOf(groups: Policy['groups']): Promise<Buffer> {
  source = replayed();
  const part = original.fork();
  await fleet.boot(part.host);
  const policy = groups.join();
  const { progress } = await part.call(commands.tlsOpen, { policy, serverName: SERVER_NAME });
  return Buffer.from(progress.outgoing);
}

for (const group of ['X25519', 'P-256', 'P-384'] as const) {
  test(`hello random, session id and ${group} key share are made of the part's random numbers`, async () => {
    const [one, other] = [await helloOf([group]), await helloOf([group])];
    assert.ok(one.length > 150);
    assert.deepEqual(one, other);
  });
}

test('of the hybrid, ML-KEM is OpenSSL’s own and X25519 the part’s', async () => {
  const [one, other] = [await helloOf(hybrid), await helloOf(hybrid)];
  assert.notDeepEqual(one, other);
  // Record header, handshake header, version, random, length of the session id, session id.
  assert.deepEqual(one.subarray(0, 5 + 4 + 2 + 32 + 1 + 32), other.subarray(0, 5 + 4 + 2 + 32 + 1 + 32));
  const shares = [one, other].map((hello) => {
    // Group 0x11ec, length 1216: ML-KEM's 1,184 bytes, then X25519's 32.
    const at = hello.indexOf(Buffer.from([0x11, 0xec, 0x04, 0xc0])) + 4;
    return { mlKem: hello.subarray(at, at + 1184), x25519: hello.subarray(at + 1184, at + 1216) };
  });
  assert.notDeepEqual(shares[0]?.mlKem, shares[1]?.mlKem);
  assert.deepEqual(shares[0]?.x25519, shares[1]?.x25519);
});

test('the keys of the part are made of them too', async () => {
  const keys: Uint8Array[] = [];
  for (let run = 0; run < 2; run++) {
    const part = new InProcessPart({ clock: fleet.clock, random: replayed() });
    const { attestationPublicKey } = await part.call(commands.makerBegin, { serial: 'KS-1', model: 'M' });
    keys.push(attestationPublicKey.slice());
  }
  assert.deepEqual(keys[0], keys[1]);
});
