import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { demandLegal, legalTransitions, type StateKind } from '../../src/client/state.ts';

const kinds = Object.keys(legalTransitions) as StateKind[];

/** Every state on some way from `from`, without passing `avoided`. */
function reachable(from: StateKind, avoided: StateKind): ReadonlySet<string> {
  const found = new Set<StateKind>();
  const open: StateKind[] = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next) || next === avoided) continue;
    found.add(next);
    open.push(...legalTransitions[next]);
  }
  return found;
}

describe('the table of legal steps', () => {
  it('has no way to Connected around any message that authenticates the server', () => {
    for (const kind of [
      'ExpectServerHello',
      'ExpectEncryptedExtensions',
      'ExpectCertificateVerify',
      'ExpectFinished',
    ] as const) {
      assert.ok(!reachable('Idle', kind).has('Connected'), kind);
    }
    assert.ok(reachable('Idle', 'ExpectSignature').has('Connected'));
  });

  it('has no way to a TLS 1.2 connection but by a certificate, the change of keys and Finished', () => {
    const demanded = [
      'ExpectServerHello',
      'ExpectTls12Certificate',
      'ExpectChangeCipherSpec',
      'ExpectTls12Finished',
    ] as const;
    for (const kind of demanded) assert.ok(!reachable('Idle', kind).has('Tls12Connected'), kind);
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
