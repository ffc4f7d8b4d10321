import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '@keystile/bytes';
import {
  bitStringOf,
  booleanOf,
  DerReader,
  type Element,
  generalizedTimeOf,
  integerOf,
  objectIdentifierOf,
  smallIntegerOf,
  tags,
  timeOf,
} from '../../src/path/der.ts';
import { element, objectIdentifier } from '../../src/path/der-writer.ts';
import { parseName } from '../../src/path/distinguished-name.ts';
import { parseKeyUsage } from '../../src/path/extensions/key-usage.ts';
import { refused } from '../support/refusal.ts';

function read(hex: string): Element {
  const reader = new DerReader(fromHex(hex));
  const found = reader.next();
  reader.end();
  return found;
}

const text = (tag: number, content: string): Element =>
  read(Buffer.from(element(tag, Buffer.from(content))).toString('hex'));

/** What BER allows and DER does not, and what is neither. */
const malformed: readonly (readonly [what: string, step: () => unknown, sentence: RegExp])[] = [
  ['nothing', () => read(''), /an element is missing/],
  ['no length', () => read('30'), /a length is missing/],
  ['an indefinite length', () => read('30800201010000'), /indefinite/],
  ['a long form for a short length', () => read('308103020101'), /not minimal/],
  ['a length with a zero in front', () => read(`30820081${'00'.repeat(0x81)}`), /not minimal/],
  ['a length of five bytes', () => read('308500000000010000'), /more than four/],
  ['less than the length says', () => read('30030201'), /longer than what holds it/],
  ['more than the length says', () => read('300302010100'), /left over/],
  ['a tag number above 30', () => read('1f2a00'), /above 30/],
  ['the boolean 01', () => booleanOf(read('010101')), /neither 00 nor FF/],
  ['a boolean of two bytes', () => booleanOf(read('0102ffff')), /neither/],
  ['an empty integer', () => integerOf(read('0200')), /empty/],
  ['an integer with a zero in front', () => integerOf(read('0202007f')), /not minimal/],
  ['a negative one with ones in front', () => integerOf(read('0202ff80')), /not minimal/],
  ['a negative number where none can be', () => smallIntegerOf(read('0201ff')), /negative/],
  ['a number beyond four bytes', () => smallIntegerOf(read('02050100000000')), /too large/],
  ['a bit string without its first byte', () => bitStringOf(read('0300')), /a bit string/],
  ['nine unused bits', () => bitStringOf(read('03020900')), /a bit string/],
  ['unused bits of no byte', () => bitStringOf(read('030101')), /a bit string/],
  ['unused bits that are set', () => bitStringOf(read('03020101')), /unused bits are set/],
  ['an empty object identifier', () => objectIdentifierOf(read('0600')), /ends early/],
  ['one that ends within an arc', () => objectIdentifierOf(read('06022a81')), /ends early/],
  ['one with padding', () => objectIdentifierOf(read('06032a8001')), /padding/],
  ['one with an arc beyond 2^53', () => objectIdentifierOf(read('060a2affffffffffffffff7f')), /too large/],
  ['a UTCTime without seconds', () => timeOf(text(tags.utcTime, '2601010000Z')), /form of RFC 5280/],
  ['a UTCTime with an offset', () => timeOf(text(tags.utcTime, '260101000000+0100')), /form of RFC 5280/],
  [
    'a fraction of a second',
    () => generalizedTimeOf(text(tags.generalizedTime, '20500101000000.5Z')),
    /form of RFC 5280/,
  ],
  ['the 30th of February', () => timeOf(text(tags.utcTime, '260230000000Z')), /does not exist/],
  ['the 24th hour', () => timeOf(text(tags.utcTime, '260101240000Z')), /does not exist/],
  ['a leap second', () => timeOf(text(tags.utcTime, '161231235960Z')), /does not exist/],
  ['a GeneralizedTime of 2049', () => timeOf(text(tags.generalizedTime, '20491231235959Z')), /before 2050/],
  ['a time that is none', () => timeOf(text(tags.utf8String, '260101000000Z')), /another type/],
  ['a key usage with trailing zero bits', () => parseKeyUsage(fromHex('03020080')), /trailing zero bits/],
  ['a key usage without uses', () => parseKeyUsage(fromHex('03020700')), /without uses/],
  ['a relative name whose set is not sorted', () => parseName(twoInOneSet('2.5.4.10', '2.5.4.3')), /not sorted/],
  ['a relative name that has one attribute twice', () => parseName(twoInOneSet('2.5.4.3', '2.5.4.3')), /not sorted/],
];

for (const [what, step, sentence] of malformed) {
  test(`refused: ${what}`, () => refused(step, 'KS-P100', sentence));
}

function twoInOneSet(...types: readonly string[]): Uint8Array {
  const attributes = types.map((type) =>
    element(tags.sequence, objectIdentifier(type), element(tags.utf8String, Uint8Array.of(0x61))),
  );
  return element(tags.sequence, element(tags.set, ...attributes));
}

test('what DER allows is read', () => {
  assert.equal(booleanOf(read('0101ff')), true);
  assert.equal(smallIntegerOf(read('02020080')), 128);
  assert.deepEqual(bitStringOf(read('03020780')), { bytes: Uint8Array.of(0x80), unused: 7 });
  assert.equal(objectIdentifierOf(read('06032a8648')), '1.2.840');
  assert.equal(objectIdentifierOf(read('0603883703')), '2.999.3');
  assert.equal(timeOf(text(tags.utcTime, '491231235959Z')), Date.UTC(2049, 11, 31, 23, 59, 59));
  assert.equal(timeOf(text(tags.utcTime, '500101000000Z')), Date.UTC(1950, 0));
  assert.equal(timeOf(text(tags.generalizedTime, '20500101000000Z')), Date.UTC(2050, 0));
  assert.equal(timeOf(text(tags.utcTime, '240229000000Z')), Date.UTC(2024, 1, 29));
});

test('two names are one whatever the case, the blanks and the string type, and no value can imitate two', () => {
  const name = (tag: number, value: string): string | undefined =>
    parseName(
      element(
        tags.sequence,
        element(tags.set, element(tags.sequence, objectIdentifier('2.5.4.3'), element(tag, Buffer.from(value)))),
      ),
    ).relativeNames[0];
  assert.equal(name(tags.utf8String, ' Some  NAME '), name(tags.printableString, 'some name'));
  assert.notEqual(name(tags.utf8String, 'some name'), name(tags.bmpString, 'some name'));
  const joined = name(tags.utf8String, 'a"+2.5.4.3="b');
  const two = parseName(
    element(
      tags.sequence,
      element(
        tags.set,
        ...['a', 'b'].map((value) =>
          element(tags.sequence, objectIdentifier('2.5.4.3'), element(tags.utf8String, Buffer.from(value))),
        ),
      ),
    ),
  );
  assert.notEqual(joined, two.relativeNames[0]);
});
