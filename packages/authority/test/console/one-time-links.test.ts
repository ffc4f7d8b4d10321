import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LINK_LIFE_MS, OneTimeLinks } from '../../src/console/one-time-links.ts';
import { TestClock } from '../support/home.ts';

test('a link has 256 random bits and works once', () => {
  const links = new OneTimeLinks(new TestClock().now);
  const { secret } = links.create();
  assert.equal(Buffer.from(secret, 'base64url').length, 32);
  assert.notEqual(secret, links.create().secret);
  assert.equal(links.redeem(secret), true);
  assert.equal(links.redeem(secret), false);
});

test('a link ends after ten minutes, to the millisecond', () => {
  const clock = new TestClock();
  const links = new OneTimeLinks(clock.now);
  const early = links.create().secret;
  const late = links.create().secret;
  clock.ms += LINK_LIFE_MS - 1;
  assert.equal(links.redeem(early), true);
  clock.ms += 1;
  assert.equal(links.redeem(late), false);
});

test('what was never a link is refused, whatever its form', () => {
  const links = new OneTimeLinks(new TestClock().now);
  links.create();
  for (const guess of ['', 'x', 'A'.repeat(43), 'A'.repeat(44), '../../etc/passwd', '\0'.repeat(43)]) {
    assert.equal(links.redeem(guess), false, JSON.stringify(guess));
  }
});

test('the oldest unspent link gives way when there are many', () => {
  const links = new OneTimeLinks(new TestClock().now);
  const first = links.create().secret;
  let last = first;
  for (let i = 0; i < 8; i++) last = links.create().secret;
  assert.equal(links.redeem(first), false);
  assert.equal(links.redeem(last), true);
});
