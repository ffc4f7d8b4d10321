import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as path from '@keystile/pki/path';
import { productSignatures } from '../../packages/pki/src/path/signature-policy.ts';
import { laxerSignatures } from '../src/laxer-signatures.ts';

test('the laxer signatures take RSA and the product’s do not', () => {
  const rsa = { algorithm: '1.2.840.113549.1.1.1', curve: undefined };
  assert.equal(laxerSignatures.acceptsKey(rsa), true);
  assert.equal(productSignatures.acceptsKey(rsa), false);
});

test('no published export of pki/path takes or gives a signature policy', async () => {
  for (const name of ['validatePathWith', 'productSignatures', 'verifyCertificateSignature', 'refuseForeignKey']) {
    assert.equal(name in path, false, name);
  }
  for (const inside of ['path/validate.ts', 'path/signature-policy.ts', 'src/path/validate.ts']) {
    await assert.rejects(import(`@keystile/pki/${inside}`), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' }, inside);
  }
});
