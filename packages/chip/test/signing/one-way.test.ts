import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

/**
 * There is one way to a signature and one to a derived key: the primitives of `node:crypto` that could be another are
 * loaded by the files that are listed here, and by no others of what runs in the part.
 */
const packages = dirname(dirname(dirname(import.meta.dirname)));
const sources = ['chip', 'tls', 'cose', 'link', 'bytes', 'pki/src/path'].flatMap((name) =>
  typescriptBelow(join(packages, name.includes('/') ? name : `${name}/src`)),
);

const allowed: Readonly<Record<string, readonly string[]>> = {
  // Private keys: the vault. A check of the algorithms signs with keys of its own.
  sign: ['chip/src/self-test/elliptic-curve-answers.ts', 'chip/src/vault/software-vault.ts'],
  createSign: [],
  // Private keys of X25519 are objects of Node's, in the engine and in the pairing channel.
  createPrivateKey: [
    'chip/src/self-test/elliptic-curve-answers.ts',
    'chip/src/self-test/ml-kem-answers.ts',
    'chip/src/vault/software-vault.ts',
    'link/src/channel/x25519.ts',
    'tls/src/groups/x25519.ts',
  ],
  // Derivation: the key schedules of the engine and of the pairing channel, the generator, and the seal of the memory.
  createHmac: [
    'chip/src/memory/seal.ts',
    'chip/src/random/hmac-drbg.ts',
    'chip/src/self-test/hash-answers.ts',
    'link/src/channel/key-schedule.ts',
    'tls/src/schedule/hkdf.ts',
    'tls/src/tls12/prf.ts',
  ],
  hkdf: [],
  hkdfSync: [],
  pbkdf2Sync: [],
  scryptSync: [],
  diffieHellman: [
    'chip/src/self-test/elliptic-curve-answers.ts',
    'link/src/channel/x25519.ts',
    'tls/src/groups/x25519.ts',
  ],
  createECDH: [
    'chip/src/self-test/elliptic-curve-answers.ts',
    'chip/src/vault/software-vault.ts',
    'tls/src/groups/nist-curve.ts',
  ],
};

test('what signs or derives is loaded where the ports are, and nowhere else', () => {
  assert.ok(sources.length > 150, `only ${sources.length} modules were seen`);
  const found = new Map<string, string[]>();
  for (const file of sources) {
    for (const name of cryptoNames(readFileSync(file, 'utf8'))) {
      found.set(name, [...(found.get(name) ?? []), relative(packages, file)]);
    }
  }
  for (const [name, files] of Object.entries(allowed)) {
    const used = (found.get(name) ?? []).toSorted();
    assert.deepEqual(
      used,
      files.filter((file) => used.includes(file)),
      `${name} is loaded elsewhere`,
    );
  }
});

test('the vault signs for the part signer alone, and a session exports through its port alone', () => {
  const callers = (pattern: RegExp): readonly string[] =>
    sources
      .filter((file) => pattern.test(readFileSync(file, 'utf8')))
      .map((file) => relative(packages, file))
      .toSorted();
  // The paced vault is the vault itself, slower.
  assert.deepEqual(callers(/vault\.sign\(/), ['chip/src/signing/part-signer.ts', 'chip/src/timing/paced-vault.ts']);
  assert.deepEqual(callers(/session\.exporter\(/), ['chip/src/signing/exporter-port.ts']);
  assert.deepEqual(callers(/client\.exporter\(/), ['chip/src/sessions/tls-session.ts']);
});

function cryptoNames(source: string): readonly string[] {
  const imports = source.matchAll(/import \{([^}]*)\} from 'node:crypto'/g);
  return Array.from(imports, ([, names = '']) => names.split(','))
    .flat()
    .map((name) => name.replace(/\btype\b/, '').trim());
}

/** The engine as a Duplex for programs without a part is not in it. */
function typescriptBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path))
    .filter((path) => !path.includes('tls/src/node/'));
}
