import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { Sign1 } from '@auth0/cose';
import { decode, encode } from 'cborg';
import {
  type Evidence,
  type EvidenceExpectation,
  entityId,
  evidence,
  lockEvidence,
  tamperEvidence,
  verifyEvidence,
} from '../../src/index.ts';
import {
  attestationKey,
  attestationSigner,
  evidenceExample,
  expectation,
  signerOf,
  tamperExample,
} from '../support/evidence-examples.ts';

const statement = await evidence.sign(evidenceExample, attestationSigner);
const other32 = new Uint8Array(32).fill(9);

async function refuses(
  code: string,
  change: Partial<Evidence>,
  expected: EvidenceExpectation = expectation,
): Promise<void> {
  const changed = await evidence.sign({ ...evidenceExample, ...change }, attestationSigner);
  assert.throws(() => verifyEvidence(changed, expected), { code });
}

describe('evidence', () => {
  it('that is about this part and this connection gives its claims', () => {
    assert.deepEqual(verifyEvidence(statement, expectation), evidenceExample);
  });

  it('is an EAT to an independent COSE library', async () => {
    const sign1 = Sign1.decode(statement);
    await sign1.verify(createPublicKey({ key: Buffer.from(attestationKey), format: 'der', type: 'spki' }));
    const claims = decode(sign1.payload, { useMaps: true }) as Map<number, unknown>;
    assert.equal(claims.get(265), 'urn:keystile:evidence:1');
    assert.deepEqual(
      [...claims.keys()].filter((key) => key > 0),
      [2, 10, 256, 262, 265, 266, 267],
    );
    assert.ok(
      [...claims.keys()].every((key) => key > 0 || key < -65_536),
      'the others are for private use',
    );
  });

  it('of another nonce, connection, suite or server certificate is refused', async () => {
    await refuses('KS-S120', { nonce: other32 });
    const { session } = evidenceExample;
    await refuses('KS-S121', { session: { ...session, exporter: other32 } });
    await refuses('KS-S121', { session: { ...session, cipherSuite: 'TLS_AES_256_GCM_SHA384' } });
    await refuses('KS-S122', { session: { ...session, peerCertificateDigest: other32 } });
  });

  it('by another key, or about another part than its key’s, is refused', async () => {
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const forged = await evidence.sign(evidenceExample, signerOf(stranger));
    assert.throws(() => verifyEvidence(forged, expectation), { code: 'KS-S102' });
    await refuses('KS-S125', { serial: 'KS-2' });
    await refuses('KS-S125', { ueid: entityId(other32) });
    await refuses('KS-S125', {}, { ...expectation, serial: 'KS-2' });
  });

  it('of a part that did not authenticate, did not boot or says that it was tampered with is refused', async () => {
    await refuses('KS-S127', { session: { ...evidenceExample.session, clientAuthenticated: false } });
    for (const bootState of ['none', 'measuring', 'failed'] as const) await refuses('KS-S124', { bootState });
    await refuses('KS-S124', { bootAuthorized: false });
    await refuses('KS-S124', { tampered: true });
  });

  it('of a tampered part is known as that only when it is genuine and about this connection', async () => {
    const report = await tamperEvidence.sign(tamperExample, attestationSigner);
    assert.throws(() => verifyEvidence(report, expectation), { code: 'KS-S123', detail: /KS-1 reports .*\(pin\)/ });
    assert.throws(() => verifyEvidence(report, { ...expectation, nonce: other32 }), { code: 'KS-S120' });
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const forged = await tamperEvidence.sign(tamperExample, signerOf(stranger));
    assert.throws(() => verifyEvidence(forged, expectation), { code: 'KS-S102' });
  });

  it('cannot be another statement of the same key', async () => {
    const claims = { serial: 'KS-1', lineNonce: other32, contentsDigest: other32 };
    const lock = await lockEvidence.sign(claims, attestationSigner);
    assert.throws(() => verifyEvidence(lock, expectation), { code: 'KS-S101' });
  });

  it('is read strictly: versions, names and truth values have one form', () => {
    const claims = decode(evidence.encode(evidenceExample), { useMaps: true }) as Map<number, unknown>;
    const component = (more: [number, unknown][]): Map<number, unknown> => {
      const firmware = (claims.get(266) as Map<string, Map<number, unknown>>).get('firmware');
      return new Map([...(firmware ?? []), ...more]);
    };
    const wrong: readonly [number, unknown][] = [
      [262, 1],
      [266, new Map([['', component([])]])],
      [266, new Map([[1, component([])]])],
      [266, [component([])]],
      ...[['07', 4], ['7', 1], ['7'], ['7', 4, 0], [7, 4], '7', ['-1', 4]].map((version): [number, unknown] => [
        266,
        new Map([['firmware', component([[271, version]])]]),
      ]),
      [-65_543, new Map()],
      [265, 'urn:keystile:evidence:2'],
    ];
    for (const [key, value] of wrong) {
      const payload = encode(new Map([...claims, [key, value]]));
      assert.throws(() => evidence.decode(payload), { code: 'KS-S103' }, `${key}: ${JSON.stringify(value)}`);
    }
    const many = new Map(Array.from({ length: 19 }, (_, index) => [`stage ${index}`, component([])]));
    assert.throws(() => evidence.decode(encode(new Map([...claims, [266, many]]))), { code: 'KS-S103' });
  });
});
