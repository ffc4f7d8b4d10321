import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TlsPolicy } from '@keystile/tls';
import { encodeRecordSizeLimit } from '@keystile/tls/codec';
import { extension, party, Talk } from '../../src/index.ts';

const honest = party();
const recordHeader = 5;
const tag = 16;

/** A whole handshake in which the server answers with these extensions. */
function connect(policy: Partial<TlsPolicy>, answers: Parameters<Talk['server']['encryptedExtensions']>[0]): Talk {
  const talk = new Talk(honest, { policy });
  talk.hello();
  const { server } = talk;
  const messages = [server.encryptedExtensions(answers), server.certificate(), server.certificateVerify()];
  for (const message of [...messages, server.finished()]) talk.say(server.seal('handshake', message, 256));
  server.useApplicationKeys();
  assert.equal(talk.client.status.phase, 'connected', String(talk.client.failure));
  return talk;
}

function recordLengths(bytes: Uint8Array): readonly number[] {
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    lengths.push(length);
    at += recordHeader + length;
  }
  return lengths;
}

const sizeLimit = (limit: number) => extension('record_size_limit', encodeRecordSizeLimit(limit));
const fragmentLength = (code: number) => extension('max_fragment_length', Uint8Array.of(code));

describe('record_size_limit', () => {
  it('of the server bounds each record of the part, type and padding included (RFC 8449 §4)', () => {
    for (const [limit, paddingMultiple] of [
      [64, 1],
      [200, 1],
      [200, 64],
      [1000, 4096],
    ] as const) {
      const talk = connect({ recordSizeLimit: 2048, paddingMultiple }, [sizeLimit(limit)]);
      talk.client.write(Buffer.alloc(5000, 7));
      const output = talk.client.takeOutput();
      for (const length of recordLengths(output))
        assert.ok(length <= limit + tag, `${length} where ${limit} was asked`);
      talk.server.receive(output);
      const data = talk.server.speech.filter(({ kind }) => kind === 'application-data');
      assert.equal(Buffer.concat(data.map(({ bytes }) => bytes)).length, 5000);
    }
  });

  it('of the part lets a record through that is exactly as long', () => {
    const talk = connect({ recordSizeLimit: 300 }, [sizeLimit(16_385)]);
    talk.say(talk.server.seal('application_data', new Uint8Array(299)));
    assert.equal(talk.client.readableBytes, 299);
    talk.say(talk.server.seal('application_data', new Uint8Array(300)));
    assert.equal(talk.client.failure?.code, 'KS-T116');
  });

  it('that the server does not answer binds nobody', () => {
    const talk = connect({ recordSizeLimit: 300 }, []);
    talk.say(talk.server.seal('application_data', new Uint8Array(16_384)));
    talk.client.write(Buffer.alloc(5000));
    assert.deepEqual(recordLengths(talk.client.takeOutput()), [5000 + 1 + tag]);
  });
});

describe('max_fragment_length', () => {
  it('that the server grants bounds both directions', () => {
    const talk = connect({ recordSizeLimit: 513 }, [fragmentLength(1)]);
    talk.client.write(Buffer.alloc(1200));
    const output = talk.client.takeOutput();
    assert.deepEqual(
      recordLengths(output),
      [512, 512, 176].map((length) => length + 1 + tag),
    );
    talk.server.receive(output);
    talk.say(talk.server.seal('application_data', new Uint8Array(512)));
    assert.equal(talk.client.readableBytes, 512);
    talk.say(talk.server.seal('application_data', new Uint8Array(513)));
    assert.equal(talk.client.failure?.code, 'KS-T116');
  });
});
