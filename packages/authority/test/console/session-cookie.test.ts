import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endedSessionCookie, readSessionCookie, sessionCookie } from '../../src/console/session-cookie.ts';

test('the cookie is HttpOnly, Secure, SameSite=Strict and bound to the host', () => {
  const attributes = sessionCookie('secret').split('; ');
  assert.deepEqual(attributes, [
    '__Host-keystile=secret',
    'Path=/',
    'Secure',
    'HttpOnly',
    'SameSite=Strict',
    'Max-Age=43200',
  ]);
  assert.match(endedSessionCookie(), /^__Host-keystile=; .*Max-Age=0$/);
});

test('the cookie is found among others, and not when it is there twice', () => {
  assert.equal(readSessionCookie('a=1; __Host-keystile=secret; b=2'), 'secret');
  assert.equal(readSessionCookie('__Host-keystile=one; __Host-keystile=two'), undefined);
  assert.equal(readSessionCookie('x__Host-keystile=one'), undefined);
  assert.equal(readSessionCookie(undefined), undefined);
});
