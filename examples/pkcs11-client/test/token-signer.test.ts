import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { issueClientCertificate, issueRootCa, issueServerCertificate } from '@keystile/pki/issue';
import { openToken } from '../src/token-signer.ts';

const library = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/pkcs11/libsofthsm2.so'].find(existsSync) ?? '';
const skip = await absence();

async function absence(): Promise<string | false> {
  if (library === '' || spawnSync('softhsm2-util', ['--version']).status !== 0) return 'SoftHSM2 is not installed';
  const isBuilt = await import('pkcs11js').then(
    () => true,
    () => false,
  );
  return isBuilt ? false : 'pkcs11js is not built (npm rebuild pkcs11js --ignore-scripts=false)';
}

const folder = mkdtempSync(join(tmpdir(), 'keystile-pkcs11-'));
const file = (name: string): string => join(folder, name);
const pin = '1234';
let server: tls.Server;

after(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a client whose key is in SoftHSM2', { skip }, () => {
  before(async () => {
    mkdirSync(file('tokens'));
    writeFileSync(file('softhsm2.conf'), `directories.tokendir = ${file('tokens')}\n`);
    process.env.SOFTHSM2_CONF = file('softhsm2.conf');
    softhsm('--init-token', '--free', '--label', 'keystile', '--pin', pin, '--so-pin', pin);
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file('key.pem'), pemOf(privateKey), { mode: 0o600 });
    softhsm('--import', file('key.pem'), '--token', 'keystile', '--label', 'device', '--id', '01', '--pin', pin);
    rmSync(file('key.pem'));
    server = await startServer(publicKey);
  });

  it('is admitted by a server that demands a certificate, in ten lines of code', async () => {
    const { port } = server.address() as AddressInfo;
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
    const files = [file('client.pem'), file('root.pem')];
    const child = spawn(process.execPath, [main, library, 'keystile', 'device', ...files, '127.0.0.1', String(port)], {
      env: { ...process.env, PIN: pin },
      timeout: 20_000,
    });
    child.stdin.end('hello');
    const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    assert.equal(output, 'device says: hello', errors);
    assert.match(errors, /^TLSv1\.3, key in token 'keystile'/);
    assert.equal(code, 0);
  });

  const wrong = [
    ['the PIN is wrong', { pin: '9999' }, /CKR_PIN_INCORRECT/],
    ['there is no such token', { token: 'other' }, /no token has the label 'other'/],
    ['there is no such key', { key: 'other' }, /no private key 'other'/],
    ['there is no such library', { library: '/nonexistent.so' }, /nonexistent/],
  ] as const;
  for (const [name, change, detail] of wrong) {
    it(`says why it cannot sign when ${name}`, async () => {
      const options = { library, token: 'keystile', key: 'device', pin, ...change };
      await assert.rejects(openToken(options), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'KS-T134');
        assert.match(error.message, detail);
        return true;
      });
    });
  }
});

function softhsm(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('softhsm2-util', args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

/** Issues root, server and client certificates, and answers whoever shows the client's. */
async function startServer(deviceKey: KeyObject): Promise<tls.Server> {
  const validity = { fromMs: Date.now() - 60_000, untilMs: Date.now() + 3_600_000 };
  const named = (commonName: string) => ({ organization: 'test', commonName });
  const keyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rootKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const issuer = await issueRootCa({ key: rootKey, subject: named('Root'), validity, pathLengthMax: 0 });
  const leaf = (key: KeyObject, commonName: string) => {
    const publicKey = key.export({ type: 'spki', format: 'der' });
    return { issuer, subject: named(commonName), publicKey, validity };
  };
  const serverChain = await issueServerCertificate({ ...leaf(keyPair.publicKey, 'server'), names: ['127.0.0.1'] });
  const identity = 'urn:keystile:test:device:device';
  const clientChain = await issueClientCertificate({ ...leaf(deviceKey, 'device'), identity });
  writeFileSync(file('root.pem'), issuer.pem);
  writeFileSync(file('client.pem'), clientChain.pem);
  const options = { key: pemOf(keyPair.privateKey), cert: serverChain.pem, ca: issuer.pem, requestCert: true };
  const listening = tls.createServer({ ...options, rejectUnauthorized: true, allowHalfOpen: true }, (socket) => {
    const name = String(socket.getPeerCertificate().subject.CN);
    text(socket).then((said) => socket.end(`${name} says: ${said}`));
  });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return listening;
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
