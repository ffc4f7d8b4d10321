import { X509Certificate } from 'node:crypto';
import { KeystileError } from '@keystile/errors';

/** Certificates as a caller has them: PEM text with any number of them, or DER. */
export type Certificates = string | Uint8Array | readonly (string | Uint8Array)[];

/** DER, in the given order. Throws `KS-T131`, with `what` in the sentence, when one is not a certificate or none is. */
export function certificatesOf(what: string, given: Certificates): readonly [Uint8Array, ...Uint8Array[]] {
  const list = typeof given === 'string' || given instanceof Uint8Array ? [given] : given;
  const [first, ...rest] = list.flatMap(splitPem).map((each) => derOf(what, each));
  if (first === undefined) throw new KeystileError('KS-T131', `${what} holds no certificate`);
  return [first, ...rest];
}

/** A text that is the same for the same certificates in the same form, and for no others. */
export function textOf(given: Certificates): string {
  // Looked up as it is, a text is compared and hashed once; what the other forms begin with, PEM never does.
  if (typeof given === 'string') return given.startsWith('-----') ? given : `text ${given}`;
  if (!(given instanceof Uint8Array))
    return given
      .map(textOf)
      .map((text) => `${text.length} ${text}`)
      .join('');
  return `bytes ${Buffer.from(given.buffer, given.byteOffset, given.length).toString('latin1')}`;
}

function splitPem(given: string | Uint8Array): readonly (string | Uint8Array)[] {
  if (given instanceof Uint8Array) return [given];
  return given.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function derOf(what: string, certificate: string | Uint8Array): Uint8Array {
  try {
    return new Uint8Array(new X509Certificate(certificate).raw);
  } catch {
    throw new KeystileError('KS-T131', `${what} holds something that is not a certificate`);
  }
}
