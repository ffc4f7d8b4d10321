import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArguments, Unimplemented } from '../../src/bogo/shim/flags.ts';

describe('the flags of the runner', () => {
  it('are read by their kind', () => {
    const { initial } = parseArguments([
      ...['-port', '4433', '-shim-id', '18446744073709551615', '-async', '-host-name', 'example.test'],
      ...['-expect-ocsp-response', 'AQIDBA==', '-curves', '29', '-curves', '23'],
    ]);
    assert.deepEqual(initial, {
      port: 4433,
      'shim-id': 0xffff_ffff_ffff_ffffn,
      async: true,
      'host-name': 'example.test',
      'expect-ocsp-response': Uint8Array.of(1, 2, 3, 4),
      curves: [29, 23],
    });
  });

  it('hold for every connection unless they name one', () => {
    const { initial, resumed } = parseArguments([
      ...['-read-size', '1', '-on-initial-expect-curve-id', '29', '-on-resume-expect-curve-id', '23'],
    ]);
    assert.deepEqual(initial, { 'read-size': 1, 'expect-curve-id': 29 });
    assert.deepEqual(resumed, { 'read-size': 1, 'expect-curve-id': 23 });
  });

  it('may have any text as their value, also one that looks like a flag', () => {
    assert.deepEqual(parseArguments(['-export-label', '-async', '-export-context', '']).initial, {
      'export-label': '-async',
      'export-context': '',
    });
  });

  it('that are not known, lack their value or want what the engine has not leave the test undone', () => {
    for (const args of [
      ['-send-channel-id', 'file'],
      ['-on-retry-async'],
      ['-port'],
      ['async'],
      ['-cert-file', 'one', '-cert-file', 'another'],
    ]) {
      assert.throws(() => parseArguments(args), Unimplemented, args.join(' '));
    }
  });
});
