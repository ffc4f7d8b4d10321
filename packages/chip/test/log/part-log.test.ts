import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeField, encodeField, LOG_READ_MAX, logSegmentNames, verifyLogPiece } from '@keystile/link';
import type { LogEvent } from '../../src/log/log-event.ts';
import {
  appendToLog,
  emptyLog,
  logCapacity,
  type PartLog,
  partLogFields,
  readLogSegment,
} from '../../src/log/part-log.ts';

const event = (name: LogEvent['event'], detail = '', count = 1): LogEvent => ({ event: name, detail, count });
/** Resets and verdicts by turns, so that nothing folds. */
const boots = (count: number): readonly LogEvent[] =>
  Array.from({ length: count }, (_, at) => event(at % 2 === 0 ? 'reset' : 'boot-passed', at % 2 === 0 ? '' : `${at}`));

describe('the log', () => {
  it('holds 1,024 entries', () => {
    assert.equal(
      logSegmentNames.reduce((sum, name) => sum + logCapacity[name], 0),
      1024,
    );
  });

  it('folds the same event into one entry: count and last time grow, the first time stays', () => {
    const once = appendToLog(emptyLog, [event('command-refused', 'KS-C112', 3)], 1000);
    const log = appendToLog(once, [event('command-refused', 'KS-C112', 4), event('command-refused', 'KS-C161')], 2000);
    const { entries } = readLogSegment(log.segments.host, 0, 10);
    assert.deepEqual(entries, [
      { sequence: 0, event: 'command-refused', detail: 'KS-C112', count: 7, firstMs: 1000, lastMs: 2000 },
      { sequence: 1, event: 'command-refused', detail: 'KS-C161', count: 1, firstMs: 2000, lastMs: 2000 },
    ]);
  });

  it('pushes out only what is of the same segment', () => {
    let log: PartLog = appendToLog(emptyLog, [event('life-cycle-changed', 'operational'), event('tampered', 'pin')], 1);
    log = appendToLog(log, [event('administered', 'add root'), ...boots(5)], 2);
    for (let at = 0; at < 2000; at++) log = appendToLog(log, [event('command-refused', `KS-${at}`)], 3);
    assert.equal(log.segments.host.entries.length, logCapacity.host);
    assert.equal(log.segments.host.evicted, 2000 - logCapacity.host);
    const kept = (['life-cycle', 'administration', 'boot'] as const).map((name) => log.segments[name].entries.length);
    assert.deepEqual(kept, [2, 1, 5]);
  });

  it('comes back from its bytes as it was', () => {
    const log = appendToLog(emptyLog, [...boots(300), event('tampered', 'glitch')], 5);
    assert.deepEqual(decodeField(partLogFields, encodeField(partLogFields, log)), log);
  });

  it('keeps the chain before what is left: a reader of long ago sees that it follows, and how much it has missed', () => {
    let log = appendToLog(emptyLog, boots(200), 1);
    const first = readLogSegment(log.segments.boot, 0, 1000);
    const { position, missed } = verifyLogPiece(first);
    assert.deepEqual({ next: position.next, missed }, { next: 199, missed: 0 });
    log = appendToLog(log, boots(100), 2);
    const next = verifyLogPiece(readLogSegment(log.segments.boot, position.next, 1000), position);
    assert.deepEqual({ next: next.position.next, missed: next.missed }, { next: 299, missed: 0 });
    log = appendToLog(log, boots(400), 3);
    const late = verifyLogPiece(readLogSegment(log.segments.boot, next.position.next, 1000), next.position);
    assert.equal(late.missed, 700 - logCapacity.boot - 299);
    const fresh = readLogSegment(log.segments.boot, 0, LOG_READ_MAX);
    assert.equal(fresh.first, 700 - logCapacity.boot);
    assert.equal(fresh.more, true);
  });

  it('read page by page is the same as read at once', () => {
    const log = appendToLog(emptyLog, boots(100), 1);
    const whole = readLogSegment(log.segments.boot, 0, 1000);
    let position: ReturnType<typeof verifyLogPiece>['position'] | undefined;
    const entries = [];
    for (let more = true; more; ) {
      const page = readLogSegment(log.segments.boot, position?.next ?? 0, 7);
      ({ position } = verifyLogPiece(page, position));
      entries.push(...page.entries);
      more = page.more;
    }
    assert.deepEqual(entries, whole.entries);
    assert.deepEqual(position, verifyLogPiece(whole).position);
  });

  it('whose newest entry has grown since still follows', () => {
    const log = appendToLog(emptyLog, boots(9), 1);
    const { position } = verifyLogPiece(readLogSegment(log.segments.boot, 0, 100));
    const grown = appendToLog(log, [event('reset'), event('boot-failed', 'KS-C117')], 2);
    const piece = readLogSegment(grown.segments.boot, position.next, 100);
    assert.deepEqual(
      piece.entries.map(({ event: name, count }) => `${name} ${count}`),
      ['reset 2', 'boot-failed 1'],
    );
    verifyLogPiece(piece, position);
  });
});

describe('a log that was tampered with on its way', () => {
  const log = appendToLog(emptyLog, boots(20), 1);
  const whole = readLogSegment(log.segments.boot, 0, 1000);
  const { position } = verifyLogPiece(readLogSegment(appendToLog(emptyLog, boots(10), 1).segments.boot, 0, 1000));
  const rest = readLogSegment(log.segments.boot, position.next, 1000);
  const changed = whole.entries.map((entry, at) => (at === 3 ? { ...entry, detail: 'version 9' } : entry));
  const [one, two, ...others] = whole.entries;
  const lies: Readonly<Record<string, () => unknown>> = {
    'an entry was changed': () => verifyLogPiece({ ...whole, entries: changed }),
    'an entry is missing': () => verifyLogPiece({ ...whole, entries: whole.entries.toSpliced(3, 1) }),
    'the newest is missing': () => verifyLogPiece({ ...whole, entries: whole.entries.slice(0, -1) }),
    'the oldest is missing': () => verifyLogPiece({ ...whole, entries: whole.entries.slice(1) }),
    'one comes twice': () => verifyLogPiece({ ...whole, entries: [...whole.entries, ...whole.entries.slice(-1)] }),
    'two have changed places': () =>
      verifyLogPiece({ ...whole, entries: [two, one, ...others].filter((entry) => entry !== undefined) }),
    'what was read earlier is another': () =>
      verifyLogPiece(rest, { ...position, chain: position.chain.map((byte) => byte ^ 1) }),
    'it begins before what was read': () => verifyLogPiece(whole, position),
    'the chain before it is another': () => verifyLogPiece({ ...rest, before: new Uint8Array(32) }, position),
  };
  for (const [what, read] of Object.entries(lies)) {
    it(`is refused: ${what}`, () => {
      assert.throws(read, { code: 'KS-C189' });
    });
  }

  it('is accepted when nothing was: the control', () => {
    verifyLogPiece(whole);
    verifyLogPiece(rest, position);
  });
});
