import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { demandLegal, legalTransitions, type StateKind } from '../../src/client/state.ts';

const kinds = Object.keys(legalTransitions) as StateKind[];

/** Every state on some way from `from`, without passing one of `avoided`. */
function reachable(from: StateKind, ...avoided: readonly StateKind[]): ReadonlySet<string> {
  const found = new Set<StateKind>();
  const open: StateKind[] = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next) || avoided.includes(next)) continue;
    found.add(next);
    open.push(...legalTransitions[next]);
  }
  return found;
}

describe('the table of legal steps', () => {
  it('has no way to Connected around any message that authenticates the server', () => {
    for (const kind of ['ExpectServerHello', 'ExpectEncryptedExtensions'] as const) {
      assert.ok(!reachable('Idle', kind).has('Connected'), kind);
    }
    for (const kind of ['ExpectCertificateOrRequest', 'ExpectCertificateVerify', 'ExpectFinished'] as const) {
      assert.ok(!reachable('Idle', kind, 'ExpectResumedFinished').has('Connected'), kind);
    }
    assert.ok(reachable('Idle', 'ExpectSignature').has('Connected'));
  });

  it('lets a resumed connection around the certificate, and that one way only', () => {
    const into = kinds.filter((kind) =>
      (legalTransitions[kind] as readonly string[]).includes('ExpectResumedFinished'),
    );
    assert.deepEqual(into, ['ExpectEncryptedExtensions']);
    assert.deepEqual(legalTransitions.ExpectResumedFinished, ['Connected', 'Closed', 'Failed']);
  });

  it('has no way to a TLS 1.2 connection but by the change of keys and Finished', () => {
    for (const kind of ['ExpectServerHello', 'ExpectChangeCipherSpec', 'ExpectTls12Finished'] as const) {
      assert.ok(!reachable('Idle', kind).has('Tls12Connected'), kind);
    }
    assert.ok(reachable('Idle', 'ExpectTls12Signature').has('Tls12Connected'));
  });

  it('has no way from the states of one version to those of the other', () => {
    assert.ok(!reachable('ExpectEncryptedExtensions', 'Closed').has('Tls12Connected'));
    assert.ok(!reachable('ExpectTls12Certificate', 'Closed').has('Connected'));
  });

  it('has no way out of Closed and Failed, and one into them from everywhere else', () => {
    for (const kind of kinds) {
      const targets: readonly string[] = legalTransitions[kind];
      if (kind === 'Closed' || kind === 'Failed') assert.deepEqual(targets, []);
      else assert.ok(targets.includes('Closed') && targets.includes('Failed'), kind);
    }
  });

  it('is enforced', () => {
    demandLegal('ExpectFinished', 'Connected');
    assert.throws(() => demandLegal('ExpectCertificate', 'ExpectFinished'), { code: 'KS-T100' });
    assert.throws(() => demandLegal('Failed', 'Connected'), { code: 'KS-T100' });
  });
});
