import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseModule } from '../../syntax/module.ts';
import { codesMentioned, codesRaised } from '../usage.ts';

const source = `
// Throws KS-T100 and KS-T101.
throw new KeystileError('KS-T101', \`from KS-P200 on \${path}\`);
`;

test('a code in a string or a template is raised, one in a comment is only mentioned', () => {
  assert.deepEqual([...codesRaised(parseModule('a.ts', source))], ['KS-T101', 'KS-P200']);
  assert.deepEqual([...codesMentioned(source)], ['KS-T100', 'KS-T101', 'KS-P200']);
});

test('what only looks like a code is none', () => {
  assert.deepEqual([...codesMentioned('KS-T10 KS-T1000 XKS-T100 KS-t100')], []);
});
