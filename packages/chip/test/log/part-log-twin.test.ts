import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { encodeField, type LogEntry, type LogEventName, logEntryFields, logSegmentNames } from '@keystile/link';
import fc from 'fast-check';
import { type LogEvent, segmentOf } from '../../src/log/log-event.ts';
import { appendToLog, emptyLog, logCapacity, readLogSegment } from '../../src/log/part-log.ts';

/** A log that forgets nothing, and looks for what is left and for the chain by counting from the beginning. */
class PlainLog {
  readonly #all: LogEntry[] = [];

  add({ event, detail, count }: LogEvent, atMs: number): void {
    const newest = this.#of(segmentOf[event]).at(-1);
    if (newest?.event === event && newest.detail === detail) {
      const grown = { ...newest, count: newest.count + count, lastMs: Math.max(newest.lastMs, atMs) };
      this.#all[newest.sequence] = grown;
      return;
    }
    this.#all.push({ sequence: this.#all.length, event, detail, count, firstMs: atMs, lastMs: atMs });
  }

  read(segment: (typeof logSegmentNames)[number], from: number, countMax: number): ReturnType<typeof readLogSegment> {
    const all = this.#of(segment);
    const first = Math.min(Math.max(from, all.length - logCapacity[segment], 0), all.length);
    const entries = all.slice(first, first + countMax);
    const more = first + entries.length < all.length;
    return { first, before: chainOf(all.slice(0, first)), entries, more, head: chainOf(all) };
  }

  #of(segment: (typeof logSegmentNames)[number]): readonly LogEntry[] {
    return this.#all.filter(({ event }) => segmentOf[event] === segment);
  }
}

function chainOf(entries: readonly LogEntry[]): Uint8Array {
  let chain = Buffer.alloc(32);
  for (const entry of entries) {
    chain = createHash('sha256')
      .update(Buffer.concat([chain, encodeField(logEntryFields, entry)]))
      .digest();
  }
  return new Uint8Array(chain);
}

test('the log is what a log without bounds would show of its end, whatever happens in whatever order', () => {
  const event: fc.Arbitrary<LogEvent> = fc.record({
    event: fc.constantFrom(...(Object.keys(segmentOf) as LogEventName[])),
    detail: fc.constantFrom('', 'a', 'b'),
    count: fc.integer({ min: 1, max: 9 }),
  });
  const read = fc.record({ from: fc.integer({ min: 0, max: 400 }), countMax: fc.integer({ min: 1, max: 400 }) });
  fc.assert(
    fc.property(fc.array(event, { minLength: 500, maxLength: 1200 }), fc.array(read), (events, reads) => {
      let log = emptyLog;
      const plain = new PlainLog();
      for (const [atMs, each] of events.entries()) {
        log = appendToLog(log, [each], atMs);
        plain.add(each, atMs);
      }
      for (const name of logSegmentNames) {
        for (const { from, countMax } of [{ from: 0, countMax: 1024 }, ...reads]) {
          assert.deepEqual(readLogSegment(log.segments[name], from, countMax), plain.read(name, from, countMax));
        }
      }
    }),
    { numRuns: process.env.KEYSTILE_TEST_FULL === '1' ? 200 : 5 },
  );
});
