import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { KeystileError } from '@keystile/errors';
import { encode } from 'cborg';
import * as cose from '../src/index.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signer: cose.Es256Signer = (bytes) => sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' });
const digest = new Uint8Array(32).fill(7);

/** One valid example of each kind. */
const examples = [
  [
    cose.firmwareManifest,
    { model: 'm', version: 3, imageDigest: digest, imageLength: 9, laterStages: [{ name: 'rootfs', digest }] },
  ],
  [cose.configurationManifest, { model: 'm', version: 1, digest, length: 2 }],
  [cose.timeToken, { serial: 's', nonce: new Uint8Array(16), utcMs: 1_790_000_000_000 }],
  [
    cose.provisionEvidence,
    {
      serial: 's',
      model: 'm',
      lineNonce: digest,
      lifeCycle: 'blank' as const,
      keys: [
        {
          slot: 'idevid' as const,
          purpose: 'tls-client' as const,
          origin: 'generated-inside' as const,
          publicKeyDigest: digest,
        },
      ],
    },
  ],
  [cose.lockOrder, { serial: 's', lineNonce: digest, contentsDigest: digest }],
  [cose.lockEvidence, { serial: 's', lineNonce: digest, contentsDigest: digest }],
  [
    cose.pairingEvidence,
    { serial: 's', lineNonce: digest, hostKeyDigest: digest, partKeyDigest: digest, transcript: digest },
    cose.logHead,
    { serial: 's', nonce: new Uint8Array(16), lifeCycle: 'tampered', segment: 'boot', count: 7, head: digest },
  ],
  [
    cose.operatorToken,
    { identity: 'urn:keystile:home:operator:a', issuedAtMs: 1, expiresAtMs: 2, nonce: new Uint8Array(16) },
  ],
  [
    cose.lotManifest,
    {
      lot: 'l',
      entries: [
        {
          serial: 's',
          identity: 'urn:keystile:home:device:a',
          certificateDigest: digest,
          lockEvidenceDigest: digest,
          hostPairingKeyDigest: digest,
          partPairingKeyDigest: digest,
        },
      ],
    },
  ],
] as const as readonly (readonly [cose.StatementKind<unknown>, unknown])[];

function code(error: unknown): string {
  return error instanceof KeystileError ? error.code : String(error);
}

for (const [kind, value] of examples) {
  test(`${kind.contentType} gives back what was signed`, async () => {
    assert.deepEqual(kind.verify(await kind.sign(value, signer), publicKey), value);
  });

  test(`${kind.contentType} cannot stand in for any other`, async () => {
    const statement = await kind.sign(value, signer);
    for (const [other] of examples) {
      if (other === kind) continue;
      assert.throws(
        () => other.verify(statement, publicKey),
        (error) => code(error) === 'KS-S101',
      );
    }
  });

  test(`${kind.contentType} refuses a missing field, an unknown one and a wrong type`, () => {
    const whole = new Map(Object.keys(value as object).map((_, i) => [i + 1, 'x'] as [number, unknown]));
    for (const payload of [new Map(), new Map([...whole, [99, 1]]), new Map([[1, new Map()]]), 7, ['x']]) {
      assert.throws(
        () => kind.decode(encode(payload)),
        (error) => code(error) === 'KS-S103',
      );
    }
  });
}

test('a number outside its range and a digest of another length are refused', () => {
  const manifest = (version: unknown, size: number): Uint8Array =>
    encode(
      new Map<number, unknown>([
        [1, 'm'],
        [2, version],
        [3, new Uint8Array(size)],
        [4, 1],
      ]),
    );
  assert.equal(cose.configurationManifest.decode(manifest(5, 32)).version, 5);
  for (const version of [-1, 1.5, 2 ** 32, '5']) {
    assert.throws(
      () => cose.configurationManifest.decode(manifest(version, 32)),
      (error) => code(error) === 'KS-S103',
    );
  }
  assert.throws(
    () => cose.configurationManifest.decode(manifest(5, 31)),
    (error) => code(error) === 'KS-S103',
  );
});
