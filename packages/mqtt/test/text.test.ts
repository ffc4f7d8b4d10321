import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isWellFormedText } from '../src/text.ts';

/** The slow and obvious twin: MQTT 5.0 §1.5.4 by code points. */
function isAllowed(point: number): boolean {
  if (point <= 0x1f || (point >= 0x7f && point <= 0x9f)) return false;
  if (point >= 0xd800 && point <= 0xdfff) return false;
  return !((point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) === 0xfffe);
}

describe('isWellFormedText', () => {
  it('judges every code point of Unicode as its twin does', () => {
    for (let point = 0; point <= 0x10_ffff; point++) {
      if (isWellFormedText(String.fromCodePoint(point)) !== isAllowed(point)) assert.fail(`U+${point.toString(16)}`);
    }
  });

  it('takes surrogates in pairs only', () => {
    for (const bad of ['\ud83d', '\ude01', '\ude01\ud83d', 'a\ud83d', '\ud83da', '\ud83d\ud83d\ude01']) {
      assert.equal(isWellFormedText(bad), false);
    }
    assert.equal(isWellFormedText('\ud83d\ude01\ud83d\ude01'), true);
  });

  it('takes the empty text, and a byte order mark as a character', () => {
    assert.equal(isWellFormedText(''), true);
    assert.equal(isWellFormedText('\ufeff'), true);
  });
});
