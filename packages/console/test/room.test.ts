import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { pageFolder } from '../src/index.ts';

interface Command {
  readonly id: string;
  readonly setting: string;
  readonly value: number | string;
  readonly outcome: string;
  readonly ms?: number;
  readonly code?: string;
}
interface Report {
  readonly temperature: number;
  readonly setPoint: number;
  readonly mode: string;
}
interface Room {
  readonly availability: string;
  readonly reported?: Report;
  readonly lagMs?: number;
  readonly commands: readonly Command[];
}
/** The module is plain JavaScript for the browser; this is what the page uses of it. */
interface RoomModule {
  readonly ANSWER_MAX_MS: number;
  emptyRoom(): Room;
  withAvailability(room: Room, text: string): Room;
  withReport(room: Room, report: Report, now: number): Room;
  withCommand(room: Room, command: Pick<Command, 'id' | 'setting' | 'value'>, now: number): Room;
  withRefusal(
    room: Room,
    refusal: { setting: string; value: unknown; code: string; detail: string },
    now: number,
  ): Room;
  withoutAnswer(room: Room, now: number): Room;
  pendingValue(room: Room, setting: string): number | string | undefined;
  parseReport(text: string): Report | undefined;
  parseRefusal(text: string): { setting: string; code: string } | undefined;
}

const module: RoomModule = await import(new URL('room.js', `${pathToFileURL(pageFolder).href}/`).href);
const report: Report = { temperature: 24, setPoint: 22, mode: 'cool' };

function roomWith(...commands: Pick<Command, 'id' | 'setting' | 'value'>[]): Room {
  const start = module.withReport(module.emptyRoom(), report, 0);
  return commands.reduce((room, command) => module.withCommand(room, command, 100), start);
}

test('a command is pending until the device reports its value, and the time between is shown', () => {
  let room = roomWith({ id: 'a', setting: 'set-point', value: 23.5 });
  assert.equal(module.pendingValue(room, 'set-point'), 23.5);
  room = module.withReport(room, { ...report, temperature: 24.1 }, 200);
  assert.equal(module.pendingValue(room, 'set-point'), 23.5, 'another report does not answer it');
  room = module.withReport(room, { ...report, setPoint: 23.5 }, 350);
  assert.equal(module.pendingValue(room, 'set-point'), undefined);
  assert.partialDeepStrictEqual(room.commands[0], { outcome: 'reported', ms: 250 });
  assert.equal(room.lagMs, 250);
});

test('a later command of the same setting replaces the earlier; other settings wait on', () => {
  const room = roomWith(
    { id: 'a', setting: 'set-point', value: 23 },
    { id: 'b', setting: 'mode', value: 'heat' },
    { id: 'c', setting: 'set-point', value: 24 },
  );
  assert.deepEqual(
    room.commands.map(({ id, outcome }) => [id, outcome]),
    [
      ['c', 'pending'],
      ['b', 'pending'],
      ['a', 'replaced'],
    ],
  );
});

test('a refusal ends the command that it is about, and no other', () => {
  let room = roomWith({ id: 'a', setting: 'set-point', value: 31 }, { id: 'b', setting: 'mode', value: 'heat' });
  room = module.withRefusal(room, { setting: 'set-point', value: '31', code: 'KS-U202', detail: 'out of range' }, 150);
  assert.partialDeepStrictEqual(room.commands[1], { id: 'a', outcome: 'refused', code: 'KS-U202' });
  assert.equal(module.pendingValue(room, 'mode'), 'heat');
});

test("the refusal of somebody else's command is shown as its own line", () => {
  let room = roomWith({ id: 'a', setting: 'set-point', value: 23 });
  room = module.withRefusal(room, { setting: 'set-point', value: '99', code: 'KS-U202', detail: 'no' }, 150);
  assert.equal(room.commands.length, 2);
  assert.partialDeepStrictEqual(room.commands[0], { outcome: 'refused', value: '99' });
  assert.equal(module.pendingValue(room, 'set-point'), 23);
});

test('a command that nobody answers is said to be unanswered', () => {
  const room = roomWith({ id: 'a', setting: 'set-point', value: 23 });
  assert.equal(module.withoutAnswer(room, 100 + module.ANSWER_MAX_MS - 1), room);
  const late = module.withoutAnswer(room, 100 + module.ANSWER_MAX_MS);
  assert.equal(late.commands[0]?.outcome, 'unanswered');
});

test('what is remembered is bounded', () => {
  let room = module.emptyRoom();
  for (let i = 0; i < 100; i++) room = module.withCommand(room, { id: `c${i}`, setting: 'mode', value: 'cool' }, i);
  assert.equal(room.commands.length, 12);
});

test('availability is online, offline, or not known', () => {
  const states = ['online', 'offline', '', 'ONLINE'].map((text) => module.withAvailability(module.emptyRoom(), text));
  assert.deepEqual(
    states.map(({ availability }) => availability),
    ['online', 'offline', 'unknown', 'unknown'],
  );
});

test('documents that are no state or refusal are ignored', () => {
  const whole = { temperature: 24, setPoint: 22, mode: 'cool', powerW: 600, outdoor: 31 };
  assert.deepEqual(module.parseReport(JSON.stringify(whole)), whole);
  for (const text of ['', '{', 'null', '[]', '5', '{}', JSON.stringify({ ...whole, temperature: 'hot' })]) {
    assert.equal(module.parseReport(text), undefined, text);
  }
  const refusal = { topic: 'ac/ac-1/set/mode', value: 'x', code: 'KS-U203', detail: 'no' };
  assert.partialDeepStrictEqual(module.parseRefusal(JSON.stringify(refusal)), { setting: 'mode', code: 'KS-U203' });
  for (const text of ['', 'null', '{}', JSON.stringify({ ...refusal, topic: 5 })]) {
    assert.equal(module.parseRefusal(text), undefined, text);
  }
});
