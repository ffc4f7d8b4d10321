import { productSignatures, verifiesWith } from '../../../packages/pki/src/path/signature-policy.ts';
import { parseVerifyingKey } from '../../../packages/tls/src/signature.ts';
import { bytesOf, type Judge, verdict } from './vectors.ts';

/**
 * ECDSA twice: as the path validator verifies a certificate, and as the engine verifies CertificateVerify. Both take the
 * strict DER form of a signature alone.
 */
export function judgeEcdsa(signatureAlgorithm: string): Judge {
  return ({ publicKeyDer = '' }, vector) => {
    const spki = new Uint8Array(Buffer.from(publicKeyDer, 'hex'));
    const [message, signature] = [bytesOf(vector, 'msg'), bytesOf(vector, 'sig')];
    const inPath = verifiesWith({ tbs: message, signatureAlgorithm, signature }, spki, {
      policy: productSignatures,
      name: 'the vector',
    });
    const inHandshake = parseVerifyingKey(spki)?.verify(message, signature) === true;
    return [
      verdict(vector, inPath ? 'right' : 'refused', ' in a path'),
      verdict(vector, inHandshake ? 'right' : 'refused', ' in a handshake'),
    ];
  };
}
