import { execFileSync } from 'node:child_process';
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A certificate authority of a few seconds, made with the `openssl` command so that no code of ours vouches for what
 * our code then accepts.
 */
export interface Credential {
  readonly keyPem: string;
  readonly certificatePem: string;
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'RSA';

const keyArguments: Readonly<Record<KeyKind, readonly string[]>> = {
  'P-256': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'P-521': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  RSA: ['rsa:2048'],
};

export class TestCa {
  /** Its own certificate, self-signed unless it has an issuer. */
  readonly root: Credential;
  /** The certificates between what it issues and the self-signed one at the top: none, without an issuer. */
  readonly intermediates: readonly Credential[];
  readonly #folder: string;
  #serial = 0;

  constructor(name = 'Test Root', issuer?: TestCa) {
    this.#folder = mkdtempSync(join(tmpdir(), 'keystile-tls-'));
    process.on('exit', () => rmSync(this.#folder, { recursive: true, force: true }));
    const signer = issuer === undefined ? [] : issuer.#issuer();
    this.root = this.#make(name, 'P-256', [...signer, '-addext', 'basicConstraints=critical,CA:TRUE']);
    this.intermediates = issuer === undefined ? [] : [this.root, ...issuer.intermediates];
  }

  server(name: string, kind: KeyKind = 'P-256'): Credential {
    const extensions = ['-addext', `subjectAltName=DNS:${name}`, '-addext', 'extendedKeyUsage=serverAuth'];
    return this.#make(name, kind, [...this.#issuer(), ...extensions]);
  }

  client(name: string, kind: KeyKind = 'P-256'): Credential {
    const extensions = [
      '-addext',
      `subjectAltName=URI:urn:keystile:test:device:${name}`,
      '-addext',
      'extendedKeyUsage=clientAuth',
    ];
    return this.#make(name, kind, [...this.#issuer(), ...extensions]);
  }

  #issuer(): readonly string[] {
    return ['-CA', join(this.#folder, 'root.crt'), '-CAkey', join(this.#folder, 'root.key')];
  }

  #make(name: string, kind: KeyKind, more: readonly string[]): Credential {
    const base = join(this.#folder, this.#serial === 0 ? 'root' : `leaf${this.#serial}`);
    this.#serial++;
    const files = ['-keyout', `${base}.key`, '-out', `${base}.crt`];
    const request = ['req', '-x509', '-nodes', '-days', '2', '-subj', `/CN=${name}`];
    execFileSync('openssl', [...request, '-newkey', ...keyArguments[kind], ...files, ...more], { stdio: 'pipe' });
    const keyPem = readFileSync(`${base}.key`, 'utf8');
    const certificatePem = readFileSync(`${base}.crt`, 'utf8');
    const certificate = new X509Certificate(certificatePem);
    return { keyPem, certificatePem, certificate, key: createPrivateKey(keyPem) };
  }
}
