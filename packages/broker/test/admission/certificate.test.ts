import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CertificateFacts, type IssuerGrant, identityOfCertificate } from '../../src/admission/certificate.ts';
import { isRefusal } from '../../src/refusal.ts';

const grant: IssuerGrant = { name: 'line 1', fleet: 'home', roles: ['device'] };

function facts(uris: readonly string[], given: Partial<CertificateFacts> = {}): CertificateFacts {
  return { uris, serial: '01', subject: 'CN=x', grant, ...given };
}

function codeOf(found: CertificateFacts): string | undefined {
  const outcome = identityOfCertificate(found);
  return isRefusal(outcome) ? outcome.code : undefined;
}

describe('The identity of a certificate', () => {
  it('is its one name of this form, beside other names', () => {
    const identity = identityOfCertificate(facts(['https://example.org', 'urn:keystile:home:device:ac-1']));
    assert.deepEqual(identity, { fleet: 'home', role: 'device', id: 'ac-1', urn: 'urn:keystile:home:device:ac-1' });
  });

  it('is refused when there is none, or more than one, in any spelling', () => {
    const one = 'urn:keystile:home:device:ac-1';
    for (const uris of [[], ['https://example.org'], [one, one], [one, 'URN:KEYSTILE:home:device:ac-2']]) {
      assert.equal(codeOf(facts(uris)), 'KS-B201');
    }
  });

  it('is refused when it could mean anything else in a topic, a log or another certificate', () => {
    const ids = [
      '',
      '+',
      '#',
      'a/b',
      'a b',
      '.*',
      'a\0',
      '\uFEFFa',
      'a:b',
      '-a',
      'a-',
      '.',
      '..',
      'ä',
      'a'.repeat(65),
      'a\n',
    ];
    for (const id of ids) {
      assert.equal(codeOf(facts([`urn:keystile:home:device:${id}`])), 'KS-B201', JSON.stringify(id));
      assert.equal(codeOf(facts([`urn:keystile:${id}:device:a`])), 'KS-B201', JSON.stringify(id));
    }
    for (const uri of [
      'urn:keystile:home:admin:a',
      'urn:keystile:home:Device:a',
      'urn:keystile:home:device',
      'Urn:keystile:home:device:a',
    ]) {
      assert.equal(codeOf(facts([uri])), 'KS-B201', uri);
    }
  });

  it('is refused when its issuer is not configured, or may not issue this fleet or role', () => {
    const uri = 'urn:keystile:home:device:a';
    assert.equal(codeOf(facts([uri], { grant: undefined })), 'KS-B202');
    assert.equal(codeOf(facts([uri], { grant: { ...grant, fleet: 'office' } })), 'KS-B202');
    assert.equal(codeOf(facts([uri], { grant: { ...grant, roles: ['service'] } })), 'KS-B202');
  });

  it('cannot write into a terminal by a refusal', () => {
    const outcome = identityOfCertificate(facts(['urn:keystile:home:device:\u001b[2J\n']));
    assert.ok(isRefusal(outcome));
    assert.match(outcome.sentence, /^[\x20-\x7e]*$/);
  });
});
