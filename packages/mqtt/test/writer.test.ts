import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '@keystile/bytes';
import { PacketWriter } from '../src/writer.ts';

describe('PacketWriter', () => {
  it('grows from any expected length to the same bytes', () => {
    const write = (expected: number): string =>
      toHex(
        new PacketWriter(expected)
          .u8(0xab)
          .u16(0x1234)
          .u32(0xdeadbeef)
          .text('plain')
          .text('\u00e9\u{1f601}')
          .binary(Uint8Array.of(1, 2))
          .raw(new Uint8Array(200).fill(7))
          .finish(0x30),
      );
    const whole = write(1000);
    for (let expected = 0; expected < 230; expected++) assert.equal(write(expected), whole);
    assert.ok(whole.startsWith('30e201ab1234deadbeef0005706c61696e0006c3a9f09f98810002010207'));
  });

  it('never writes again to what it has handed out, whichever writers are at work and however they grow', () => {
    const packets: { readonly bytes: Uint8Array; readonly hex: string }[] = [];
    let open: { readonly writer: PacketWriter; readonly number: number } | undefined;
    for (let number = 0; number < 3000; number++) {
      const writer = new PacketWriter((number * 37) % 90).u16(number);
      const before = open;
      open = { writer, number };
      if (before === undefined) continue;
      const bytes = before.writer.raw(new Uint8Array(before.number % 300).fill(before.number & 0xff)).finish(0x30);
      packets.push({ bytes, hex: toHex(bytes) });
    }
    for (const { bytes, hex } of packets) assert.equal(toHex(bytes), hex);
    assert.equal(packets[500]?.hex.startsWith('30'), true);
  });

  it('refuses what does not fit', () => {
    for (const act of [
      (writer: PacketWriter) => writer.u8(256),
      (writer: PacketWriter) => writer.u8(-1),
      (writer: PacketWriter) => writer.u8(0.5),
      (writer: PacketWriter) => writer.u16(65_536),
      (writer: PacketWriter) => writer.u16(-1),
      (writer: PacketWriter) => writer.u32(2 ** 32),
      (writer: PacketWriter) => writer.variableInteger(268_435_456),
      (writer: PacketWriter) => writer.binary(new Uint8Array(65_536)),
      (writer: PacketWriter) => writer.text('\u0000'),
    ]) {
      assert.throws(() => act(new PacketWriter(8)), RangeError);
    }
  });

  it('takes strings and binary data of the greatest length', () => {
    assert.equal(new PacketWriter(0).text('x'.repeat(65_535)).finish(0x30).length, 65_537 + 4);
    assert.equal(new PacketWriter(0).text('\u00e9'.repeat(32_767)).finish(0x30).length, 65_536 + 4);
    assert.equal(new PacketWriter(0).binary(new Uint8Array(65_535)).finish(0x30).length, 65_537 + 4);
  });
});
