import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commands } from '../../../packages/link/src/index.ts';
import { unmadePart } from '../examples.ts';
import { fieldNotes } from '../field-notes.ts';

const document = readFileSync(new URL('../../../docs/reference/chip-protocol.md', import.meta.url), 'utf8');

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.trim().split(' '), (byte) => Number.parseInt(byte, 16));
}

test('a part answers the bytes of the worked examples, one after the other, as the reference shows them', async () => {
  const exchange = unmadePart();
  const pairs = [...document.matchAll(/^to {4}(.+)\nfrom {2}(.+)$/gm)];
  assert.ok(pairs.length >= 6);
  for (const [, to = '', from = ''] of pairs) {
    assert.equal(Buffer.from(await exchange(bytesOf(to))).toString('hex'), from.replaceAll(' ', ''), to);
  }
});

test('every command has its section, its opcode and its row of access', () => {
  for (const { name, opcode, summary } of Object.values(commands)) {
    const byte = `0x${opcode.toString(16).padStart(2, '0')}`;
    assert.ok(document.includes(`### ${name}\n\n${summary} Opcode \`${byte}\`.`), name);
    assert.match(document, new RegExp(`\\| ${byte} +\\| \\[${name}\\]\\(#${name.toLowerCase()}\\) `), name);
  }
});

test('the note of a field is the comment above it in its source, and nothing else', () => {
  const notes = fieldNotes(new URL('../../../packages/link/src/commands/status.ts', import.meta.url).pathname);
  assert.equal(notes.get('result.anchorsDigest'), 'SHA-256 over the object `anchors`.');
  assert.equal(notes.has('result.lifeCycle'), false);
  assert.equal(notes.has('request.anchorsDigest'), false);
});
