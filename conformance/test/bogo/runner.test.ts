import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isErrorCode } from '@keystile/errors';
import { disabledReasons, readConfiguration } from '../../src/bogo/configuration.ts';
import { verdictsIn } from '../../src/bogo/runner.ts';

describe('what the runner prints', () => {
  it('gives every test its verdict, and a failure its words', () => {
    const output = [
      'PASSED (Basic-TLS13)',
      'FAILED (Broken (twice))',
      'unexpected failure',
      'got:',
      '\tlocal: "EOF"',
      '',
      'UNIMPLEMENTED (ChannelID)',
      '',
    ].join('\n');
    assert.deepEqual(
      [...verdictsIn(output)],
      [
        ['Basic-TLS13', { kind: 'passed' }],
        ['Broken (twice)', { kind: 'failed', why: 'unexpected failure got: local: "EOF"' }],
        ['ChannelID', { kind: 'unimplemented' }],
      ],
    );
    assert.deepEqual([...verdictsIn('')], []);
  });
});

describe('the configuration', () => {
  const configuration = readConfiguration();

  it('gives every pattern a reason, and names errors that there are', () => {
    const disabled = Object.entries(configuration.DisabledTests);
    assert.ok(disabled.length > 20);
    for (const [pattern, reason] of disabled) {
      assert.match(pattern, /^[\w*.-]+$/);
      assert.ok(reason.length > 5, pattern);
    }
    for (const [theirs, ours] of Object.entries(configuration.ErrorMap)) {
      assert.ok(ours.length > 0, theirs);
      for (const code of ours) assert.ok(isErrorCode(code), `${theirs}: ${code}`);
    }
  });

  it('disables the tests that its patterns match from end to end', () => {
    const reasonOf = disabledReasons({
      DisabledTests: { 'NPN-*': 'one', '*-TLS1': 'other', 'A.B': 'dot' },
      ErrorMap: {},
    });
    assert.equal(reasonOf('NPN-Client-TLS12'), 'one');
    assert.equal(reasonOf('Resume-TLS1'), 'other');
    assert.equal(reasonOf('A.B'), 'dot');
    for (const name of ['XNPN-Client', 'Resume-TLS12', 'AxB', 'Basic']) assert.equal(reasonOf(name), undefined);
  });
});
