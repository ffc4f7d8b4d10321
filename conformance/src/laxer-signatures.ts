import { productSignatures, type SignaturePolicy } from '../../packages/pki/src/path/signature-policy.ts';

/**
 * RSA and P-521 beside the product's algorithms, since foreign corpora of path logic are signed with them. No export of
 * a package leads to a way of passing such a policy.
 */
export const laxerSignatures: SignaturePolicy = {
  hashes: {
    ...productSignatures.hashes,
    '1.2.840.113549.1.1.11': 'sha256',
    '1.2.840.113549.1.1.12': 'sha384',
    '1.2.840.113549.1.1.13': 'sha512',
    '1.2.840.10045.4.3.4': 'sha512',
  },
  acceptsKey: (kind) =>
    productSignatures.acceptsKey(kind) || kind.algorithm === '1.2.840.113549.1.1.1' || kind.curve === '1.3.132.0.35',
};
