import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SESSION_IDLE_MS, SESSION_LIFE_MS, Sessions } from '../../src/console/sessions.ts';
import { TestClock } from '../support/home.ts';

test('a session is found by its cookie and by nothing else', () => {
  const sessions = new Sessions(new TestClock().now);
  const cookie = sessions.open('console');
  assert.equal(sessions.use(cookie)?.operator, 'console');
  assert.equal(sessions.use(undefined), undefined);
  assert.equal(sessions.use('A'.repeat(43)), undefined);
  assert.equal(sessions.use(`${cookie} `), undefined);
});

test('a session that is used lives twelve hours and not longer', () => {
  const clock = new TestClock();
  const sessions = new Sessions(clock.now);
  const cookie = sessions.open('console');
  const step = SESSION_IDLE_MS - 1;
  for (let age = 0; age + step < SESSION_LIFE_MS; age += step) {
    clock.ms += step;
    assert.notEqual(sessions.use(cookie), undefined);
  }
  clock.ms += step;
  assert.equal(sessions.use(cookie), undefined);
});

test('a session that idles for half an hour has ended', () => {
  const clock = new TestClock();
  const sessions = new Sessions(clock.now);
  const cookie = sessions.open('console');
  clock.ms += SESSION_IDLE_MS;
  assert.equal(sessions.use(cookie), undefined);
  clock.ms -= 1;
  assert.equal(sessions.use(cookie), undefined, 'an ended session does not come back with the clock');
});

test('a closed session does not open again', () => {
  const sessions = new Sessions(new TestClock().now);
  const cookie = sessions.open('console');
  sessions.close(cookie);
  assert.equal(sessions.use(cookie), undefined);
});
