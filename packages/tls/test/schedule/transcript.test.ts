import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { concatBytes } from '@keystile/bytes';
import { Transcript } from '../../src/schedule/transcript.ts';

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const hello = Uint8Array.of(1, 0, 0, 2, 7, 7);
const answer = Uint8Array.of(2, 0, 0, 1, 9);

describe('Transcript', () => {
  it('hashes everything, from before the hash was known on, and can be asked in between', () => {
    const transcript = new Transcript();
    transcript.append(hello);
    assert.throws(() => transcript.digest(), { code: 'KS-T100' });
    transcript.start('sha256');
    assert.deepEqual(transcript.digest(), sha256(hello));
    transcript.append(answer);
    transcript.start('sha256');
    assert.deepEqual(transcript.digest(), sha256(hello, answer));
  });

  it('replaces the first hello by its hash after a HelloRetryRequest', () => {
    const transcript = new Transcript();
    transcript.append(hello);
    transcript.replaceFirstHello('sha256');
    transcript.append(answer);
    assert.deepEqual(transcript.digest(), sha256(Uint8Array.of(254, 0, 0, 32), sha256(hello), answer));
    assert.throws(() => transcript.replaceFirstHello('sha256'), { code: 'KS-T100' });
  });

  it('hashes a hello that is not whole yet, before and after a HelloRetryRequest, and forgets it again', () => {
    const partial = Uint8Array.of(1, 0, 0, 9, 5);
    const transcript = new Transcript();
    assert.deepEqual(transcript.digestWith('sha256', partial), sha256(partial));
    transcript.append(hello);
    transcript.replaceFirstHello('sha256');
    transcript.append(answer);
    const replaced = sha256(Uint8Array.of(254, 0, 0, 32), sha256(hello), answer, partial);
    assert.deepEqual(transcript.digestWith('sha256', partial), replaced);
    assert.deepEqual(transcript.digestWith('sha256', partial), replaced);
    assert.deepEqual(transcript.digest(), sha256(Uint8Array.of(254, 0, 0, 32), sha256(hello), answer));
  });

  it('keeps the messages themselves for TLS 1.2, from the first on, until they are not needed any more', () => {
    const transcript = new Transcript();
    transcript.append(hello);
    assert.throws(() => transcript.messages(), { code: 'KS-T100' });
    transcript.startKeeping('sha384');
    transcript.append(answer);
    assert.deepEqual(transcript.messages(), concatBytes(hello, answer));
    transcript.forgetMessages();
    assert.throws(() => transcript.messages(), { code: 'KS-T100' });
    transcript.append(answer);
    assert.equal(transcript.digest().length, 48);
  });

  it('keeps a copy: what the caller does with a message later does not matter', () => {
    const transcript = new Transcript();
    const message = hello.slice();
    transcript.append(message);
    message.fill(0);
    transcript.start('sha256');
    assert.deepEqual(transcript.digest(), sha256(hello));
  });
});
