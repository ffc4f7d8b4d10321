import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeFindings } from '../code.ts';

const said = (text: string, path = 'packages/tls/src/a.ts') =>
  codeFindings(path, text).map(({ line, message, severity }) => `${severity} ${line}: ${message}`);

test('a planted comparison of secret bytes in variable time is a finding that names the secret', () => {
  for (const [planted, secret] of [
    ['if (equalPublicBytes(binder, expected)) go();', 'binder'],
    ['const ok = Buffer.from(expected).equals(this.#secret);', 'secret'],
    ['const ok = Buffer.compare(resumptionSecret, other) === 0;', 'resumptionSecret'],
    ['const ok = toHex(psk) === toHex(other);', 'psk'],
    ["const ok = held.verifyData.toString('hex') !== text;", 'verifyData'],
    ['for (let i = 0; i < 32; i++) if (this.#sharedSecret[i] !== guess[i]) return false;', 'sharedSecret'],
    ['const ok = given.password === stored.password;', 'password'],
    ['if (isDeepStrictEqual(Array.from(macKey), other)) go();', 'macKey'],
    ['const ok = "bearer" in headers && headers.bearer == bearer;', 'bearer'],
  ] as const) {
    assert.deepEqual(
      said(`\nfunction f() { ${planted} }`),
      [`finding 2: ${secret} is compared in variable time; secrets are by timingSafeEqual`],
      planted,
    );
  }
});

test('the one right way, public bytes, and questions that are not about the bytes are no findings', () => {
  for (const text of [
    'timingSafeEqual(binder, expected);',
    'equalPublicBytes(sessionId, sent.sessionId);',
    'const isMissing = secret === undefined;',
    "const isObject = typeof psk === 'object';",
    'const fits = binder.length === expected.length;',
    "const isNone = policy.password === '';",
    'const same = secretary === other;',
    "// equalPublicBytes(secret, other)\nconst text = 'secret === other';",
    'const spare = pinned.fingerprint === other.fingerprint;',
  ]) {
    assert.deepEqual(said(text), [], text);
  }
});

test('a test may compare what it likes: it holds no secret of anybody', () => {
  assert.deepEqual(said('if (a.secret === b.secret) go();', 'packages/tls/test/a.test.ts'), []);
});
