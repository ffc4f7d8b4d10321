import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { tags } from '../../src/path/der.ts';
import { bitString, element, objectIdentifier } from '../../src/path/der-writer.ts';
import { parseTrustAnchor, validateServerPath } from '../../src/path/index.ts';
import { type Key, mintCa, mintLeaf, NOW_MS, newKey, type Party } from '../support/mint.ts';
import { refused } from '../support/refusal.ts';

const root = mintCa({ subject: 'Root' });

function validate(leaf: Party, anchor: Party = root): void {
  validateServerPath({
    chain: [leaf.der],
    anchors: [parseTrustAnchor(anchor.der)],
    atMs: NOW_MS,
    serverName: 'server.example',
  });
}

/** A leaf that holds this SubjectPublicKeyInfo; nobody asks it for a signature here. */
function holding(spki: Uint8Array): Party {
  return mintLeaf({ subject: 'server', issuer: root, key: { ...newKey(), spki } });
}

function exported(key: { export(options: { format: 'der'; type: 'spki' }): Buffer }): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }));
}

const p256 = newKey();
const point = p256.spki.subarray(-65);

function pointInForm(first: number, length: number): Uint8Array {
  const algorithm = element(
    tags.sequence,
    objectIdentifier('1.2.840.10045.2.1'),
    objectIdentifier('1.2.840.10045.3.1.7'),
  );
  return element(tags.sequence, algorithm, bitString(Uint8Array.of(first, ...point.subarray(1, length))));
}

test('the two curves are allowed, as a whole point or a compressed one', () => {
  validate(holding(p256.spki));
  validate(holding(newKey('P384').spki));
  validate(holding(pointInForm(2 + ((point.at(-1) ?? 0) & 1), 33)));
});

const foreign: Readonly<Record<string, Uint8Array>> = {
  RSA: exported(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey),
  'P-521': exported(generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey),
  secp256k1: exported(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
  Ed25519: exported(generateKeyPairSync('ed25519').publicKey),
  'a curve written out': exported(
    generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey,
  ),
  'a point in hybrid form': pointInForm(6 + ((point.at(-1) ?? 0) & 1), 65),
};

for (const [what, spki] of Object.entries(foreign)) {
  test(`a key is not allowed: ${what}`, () =>
    refused(() => validate(holding(spki)), 'KS-P110', /of a kind that is not/));
}

test('a CA whose point is not on its curve has no key', () => {
  const off = pointInForm(4, 65);
  off[off.length - 1] = (off.at(-1) ?? 0) ^ 1;
  const anchor = mintCa({ subject: 'Root', key: { ...root.key, spki: off } });
  refused(() => validate(mintLeaf({ subject: 'server', issuer: root }), anchor), 'KS-P100', /cannot be read/);
});

const algorithm = (identifier: string, ...parameters: readonly Uint8Array[]): Uint8Array =>
  element(tags.sequence, objectIdentifier(identifier), ...parameters);

test('a signature algorithm is one of two, has no parameters, and goes with the curve of its key', () => {
  const signedWith = (encoded: Uint8Array, key: Key = root.key): void => {
    const issuer = mintCa({ subject: 'Root', key });
    validate(mintLeaf({ subject: 'server', issuer, algorithm: encoded }), issuer);
  };
  signedWith(algorithm('1.2.840.10045.4.3.2'));
  refused(() => signedWith(algorithm('1.2.840.10045.4.3.2', element(tags.null))), 'KS-P100', /left over/);
  refused(() => signedWith(algorithm('1.2.840.10045.4.1')), 'KS-P110', /signed with 1\.2\.840\.10045\.4\.1, which/);
  refused(() => signedWith(algorithm('1.2.840.10045.4.3.4')), 'KS-P110', /which is not allowed/);
  refused(() => signedWith(algorithm('1.2.840.10045.4.3.3')), 'KS-P110', /signed with sha384 by a key whose curve/);
  refused(() => signedWith(algorithm('1.2.840.10045.4.3.2'), newKey('P384')), 'KS-P110', /signed with sha256 by a key/);
});
