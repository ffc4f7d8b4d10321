import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { concatBytes, toHex } from '@keystile/bytes';
import { suiteParameters } from '../../src/suites.ts';
import { prf } from '../../src/tls12/prf.ts';
import { Tls12RecordProtection } from '../../src/tls12/record-protection.ts';
import { extendedMaster, type MasterStage, ResumableMaster } from '../../src/tls12/stages.ts';
import { tls12Suites } from '../support/tls12-policy.ts';

const randoms = { client: randomBytes(32), server: randomBytes(32) };
const sessionHash = randomBytes(32);
const premaster = randomBytes(32);
const gcm = suiteParameters.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;

function stage(suite = gcm): MasterStage {
  return extendedMaster(suite, randoms, { sharedSecret: Uint8Array.from(premaster), sessionHash });
}

/** What the stage must hold, by RFC 7627 §4. */
function master(suite = gcm): Uint8Array {
  return prf(suite.hash, premaster, { label: 'extended master secret', seed: sessionHash, length: 48 });
}

describe('the key schedule of TLS 1.2', () => {
  for (const name of tls12Suites) {
    it(`cuts the key block into keys and salts in the order of the standard (${name})`, () => {
      const suite = suiteParameters[name];
      const { keyLength } = suite;
      const seed = concatBytes(randoms.server, randoms.client);
      const block = prf(suite.hash, master(suite), { label: 'key expansion', seed, length: 2 * keyLength + 8 });
      // client_write_key, server_write_key, client_write_IV, server_write_IV (RFC 5246 §6.3)
      const at = (start: number, length: number): Uint8Array => block.slice(start, start + length);
      const client = new Tls12RecordProtection(suite, at(0, keyLength), at(2 * keyLength, 4));
      const server = new Tls12RecordProtection(suite, at(keyLength, keyLength), at(2 * keyLength + 4, 4));
      const keys = stage(suite).recordKeys();
      const content = randomBytes(40);
      assert.equal(toHex(keys.client.seal(23, content)), toHex(client.seal(23, content)));
      assert.equal(toHex(keys.server.seal(23, content)), toHex(server.seal(23, content)));
    });
  }

  it('derives record keys once', () => {
    const one = stage();
    one.recordKeys();
    assert.throws(() => one.recordKeys(), { code: 'KS-T100' });
  });

  it("knows the server's Finished from the client's, and from every other", () => {
    const hash = randomBytes(32);
    const verifyData = stage().finished('server', hash);
    assert.equal(
      toHex(verifyData),
      toHex(prf('sha256', master(), { label: 'server finished', seed: hash, length: 12 })),
    );
    assert.equal(stage().isServerFinished(verifyData, hash), true);
    assert.equal(stage().isServerFinished(stage().finished('client', hash), hash), false);
    assert.equal(stage().isServerFinished(verifyData, randomBytes(32)), false);
    assert.equal(stage().isServerFinished(verifyData.subarray(0, 11), hash), false);
    assert.equal(stage().isServerFinished(concatBytes(verifyData, Uint8Array.of(0)), hash), false);
  });

  it('zeroes the shared secret, and uses no secret after its end', () => {
    const sharedSecret = new Uint8Array(randomBytes(32));
    const one = extendedMaster(gcm, randoms, { sharedSecret, sessionHash });
    assert.deepEqual(sharedSecret, new Uint8Array(32));
    const connected = one.connected();
    assert.throws(() => one.recordKeys(), { code: 'KS-T100' });
    assert.throws(() => one.finished('client', sessionHash), { code: 'KS-T100' });
    assert.throws(() => one.connected(), { code: 'KS-T100' });
    assert.equal(connected.export('EXPORTER-x', new Uint8Array(0), 20).length, 20);
    connected.destroy();
    assert.throws(() => connected.export('EXPORTER-x', new Uint8Array(0), 20), { code: 'KS-T100' });
  });

  it('resumes a session once, with its own master secret and new randoms, and zeroes it', () => {
    const secret = Uint8Array.from(master());
    const session = new ResumableMaster(gcm, secret);
    const later = { client: randomBytes(32), server: randomBytes(32) };
    const resumed = session.resume(later);
    assert.deepEqual(secret, new Uint8Array(48));
    assert.throws(() => session.resume(later), { code: 'KS-T100' });
    assert.ok(resumed.startedFrom(session) && !stage().startedFrom(session));
    assert.equal(toHex(resumed.finished('server', sessionHash)), toHex(stage().finished('server', sessionHash)));
    const content = randomBytes(20);
    const first = stage().recordKeys().client.seal(23, content);
    assert.notEqual(toHex(resumed.recordKeys().client.seal(23, content)), toHex(first));
    const again = resumed.connected().resumable().resume(randoms);
    assert.equal(toHex(again.recordKeys().client.seal(23, content)), toHex(first));
  });

  it('shows its secrets to nobody who looks at it', () => {
    const one = stage();
    const connected = one.connected();
    const shown = inspect([one, connected, connected.resumable()], { depth: null, showHidden: true });
    assert.ok(!shown.includes(toHex(master()).slice(0, 8)));
    assert.ok(!shown.includes([...master().subarray(0, 4)].join(', ')));
  });
});
