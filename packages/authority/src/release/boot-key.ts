import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import { readKeyFile, readStateFile } from '../state/private-file.ts';

/**
 * The key that decides what a model may run, from a PEM file: whole to sign with, its public half to verify with.
 * P-256, as the parts know it. Throws KS-A100, KS-A101, KS-A104 or KS-A105.
 */
export async function readBootKey(path: string): Promise<KeyObject> {
  return parse(path, await readKeyFile(path), createPrivateKey);
}

/** From a file with the public key, or with the private one. */
export async function readBootPublicKey(path: string): Promise<KeyObject> {
  return parse(path, await readStateFile(path), createPublicKey);
}

function parse(path: string, pem: string, read: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read(pem);
  } catch (cause) {
    throw new KeystileError('KS-A104', `${path} is not a key in PEM`, { cause });
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new KeystileError('KS-A104', `${path} is not a P-256 key, and boot manifests are signed with ES256`);
  }
  return key;
}
