import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactingLogger } from '../../src/node/redacting-logger.ts';

test('a line of the log holds no secret: not by its field, not in a sentence, not in the stack of an error', () => {
  let text = '';
  const write = (line: string): void => {
    text += line;
  };
  const logger = redactingLogger({ level: 'info', write: { write } });
  const pem = '-----BEGIN PRIVATE KEY-----\nPLANTED\n-----END PRIVATE KEY-----\n';
  logger.info({ token: 'PLANTED', peer: { payload: 'PLANTED', identity: 'urn:x' } }, 'kept sentence');
  logger.warn(`an upgrade with keystile-token.PLANTED-token came`);
  logger.error({ err: new Error(`cannot read ${pem}`) }, 'kept too');
  logger.error({ err: new Error('cut off -----BEGIN EC PRIVATE KEY-----\nPLANTED') }, 'and this');
  assert.doesNotMatch(text, /PLANTED/);
  for (const kept of ['kept sentence', 'kept too', 'and this', 'urn:x', 'cannot read', '[redacted]']) {
    assert.ok(text.includes(kept), kept);
  }
  for (const line of text.trimEnd().split('\n')) JSON.parse(line);
});
