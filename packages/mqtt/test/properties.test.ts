import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { USER_PROPERTIES_MAX } from '../src/index.ts';
import { type PropertyCarrier, readProperties, writeProperties } from '../src/properties.ts';
import { PacketReader } from '../src/reader.ts';
import { PacketWriter } from '../src/writer.ts';
import { propertyTable } from './support/property-table.ts';
import { bytesOf, faultOf, plain, text, type Wire } from './support/vectors.ts';

const names = Object.keys(propertyTable) as (keyof typeof propertyTable)[];
const carriers = propertyTable.userProperties[2].split(' ') as PropertyCarrier[];

function readerOf(wire: Wire): PacketReader {
  return new PacketReader(bytesOf(wire), { packet: 'publish', version: 5 });
}

function block(...properties: readonly string[]): Wire {
  const size = properties.join('').length / 2;
  assert.ok(size < 128);
  return [size.toString(16).padStart(2, '0'), ...properties];
}

describe('properties', () => {
  for (const name of names) {
    const [id, value, allowed] = propertyTable[name];
    it(`${name} is read and written in its packets and refused in all others`, () => {
      for (const carrier of carriers) {
        const wire = block(id + value);
        if (!allowed.split(' ').includes(carrier)) {
          const error = faultOf(() => readProperties(readerOf(wire), carrier));
          assert.equal(error.fault, 'property-not-allowed', carrier);
          continue;
        }
        const properties = readProperties(readerOf(wire), carrier);
        assert.deepEqual(Object.keys(properties), [name]);
        const writer = new PacketWriter(0);
        writeProperties(writer, carrier, properties);
        // After the fixed header of two bytes comes the block.
        assert.equal(plain(writer.finish(0).subarray(2)), wire.join(''));
      }
    });
    it(`${name} stands once, if it may not repeat`, () => {
      for (const carrier of allowed.split(' ') as PropertyCarrier[]) {
        const read = (): unknown => readProperties(readerOf(block(id + value, id + value)), carrier)[name];
        const repeats = name === 'userProperties' || (name === 'subscriptionIdentifiers' && carrier === 'publish');
        if (repeats) assert.equal((read() as unknown[]).length, 2);
        else assert.equal(faultOf(read).fault, 'property-repeated', carrier);
      }
    });
    it(`${name} is not read past the end of its block`, () => {
      const carrier = allowed.split(' ')[0] as PropertyCarrier;
      const whole = id + value;
      for (let length = 2; length < whole.length; length += 2) {
        // What is missing in the block stands behind it.
        const wire = [...block(whole.slice(0, length)), whole.slice(length)];
        assert.equal(faultOf(() => readProperties(readerOf(wire), carrier)).fault, 'truncated', whole.slice(0, length));
      }
    });
  }

  it('know no other identifier', () => {
    const known = new Set<string>(names.map((name) => propertyTable[name][0]));
    for (let id = 0; id < 0x80; id++) {
      const hex = id.toString(16).padStart(2, '0');
      if (known.has(hex)) continue;
      const error = faultOf(() => readProperties(readerOf(block(`${hex}00`)), 'connack'));
      assert.deepEqual([error.fault, error.reasonCode], ['property-unknown', 0x81]);
    }
    assert.equal(faultOf(() => readProperties(readerOf(block('ff7f00')), 'connack')).fault, 'property-unknown');
    assert.equal(faultOf(() => readProperties(readerOf(block('810001')), 'publish')).fault, 'variable-integer');
  });

  it('keep values within what the standard says', () => {
    for (const [wire, carrier] of [
      ['0102', 'publish'],
      ['080000', 'publish'],
      [`08${text('a/#')}`, 'will'],
      ['0b00', 'subscribe'],
      ['1702', 'connect'],
      ['1902', 'connect'],
      ['210000', 'connect'],
      ['2402', 'connack'],
      ['2502', 'connack'],
      ['2700000000', 'connect'],
      ['2802', 'connack'],
      ['2902', 'connack'],
      ['2a02', 'connack'],
    ] as const) {
      assert.equal(faultOf(() => readProperties(readerOf(block(wire)), carrier)).fault, 'property-value', wire);
    }
  });

  it('repeat up to a limit', () => {
    const one = '2600000000';
    const size = (count: number): string => {
      const length = count * 5;
      return ((length & 0x7f) | 0x80).toString(16) + (length >> 7).toString(16).padStart(2, '0');
    };
    const most = readProperties(readerOf([size(USER_PROPERTIES_MAX), one.repeat(USER_PROPERTIES_MAX)]), 'puback');
    assert.equal(most.userProperties?.length, USER_PROPERTIES_MAX);
    const more = readerOf([size(USER_PROPERTIES_MAX + 1), one.repeat(USER_PROPERTIES_MAX + 1)]);
    const error = faultOf(() => readProperties(more, 'puback'));
    assert.deepEqual([error.fault, error.reasonCode], ['too-many', 0x97]);
  });

  it('do not reach the prototype, whatever a user property is called', () => {
    const hostile = `26${text('__proto__')}${text('constructor')}`;
    const properties = readProperties(readerOf(block(hostile)), 'publish');
    assert.deepEqual(properties.userProperties, [['__proto__', 'constructor']]);
    assert.equal(Object.getPrototypeOf(properties), Object.prototype);
  });
});
