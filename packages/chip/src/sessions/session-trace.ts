import { encodeUtf8 } from '@keystile/bytes';
import type { commands, ValueOf } from '@keystile/link';
import type { KeyEpoch, TraceEvent } from '@keystile/tls';

/**
 * What the part tells of a session: message types, sizes, times and key *names*. It keeps the first entries, in which
 * the whole handshake is, and not the later ones: a session that lasts for months must not grow.
 */
export type TraceEntry = ValueOf<typeof commands.traceRead.result>['entries'][number];

/** A handshake makes some forty entries; the rest is room for a HelloRetryRequest and the first data. */
const ENTRIES_MAX = 128;
/** Bytes of a name, as the command says. */
const NAME_MAX = 48;
const U32_MAX = 0xffff_ffff;

export class SessionTrace {
  readonly #elapsedMs: () => number;
  readonly #entries: TraceEntry[] = [];

  /** `elapsedMs`: since the session was opened. */
  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  record(event: TraceEvent): void {
    if (this.#entries.length >= ENTRIES_MAX) return;
    const atUs = Math.min(Math.floor(this.#elapsedMs() * 1000), U32_MAX);
    const { direction, name, length, key } = describe(event);
    this.#entries.push({ atUs, direction, name: fit(name), length, key: fit(key) });
  }

  entries(from: number, countMax: number): readonly TraceEntry[] {
    return this.#entries.slice(from, from + countMax);
  }

  get length(): number {
    return this.#entries.length;
  }
}

function describe(event: TraceEvent): Omit<TraceEntry, 'atUs'> {
  switch (event.kind) {
    case 'message':
      return { ...event, key: keyName(event.direction, event.protectedBy) };
    case 'alert':
      return {
        direction: event.direction,
        name: `alert ${event.name}`,
        length: 2,
        key: keyName(event.direction, event.protectedBy),
      };
    case 'application-data':
      return {
        direction: event.direction,
        name: 'application data',
        length: event.length,
        key: keyName(event.direction, 'application'),
      };
    case 'key':
      return { direction: 'inside', name: `key ${event.action}`, length: 0, key: event.name };
    case 'signature':
      return { direction: 'inside', name: `signature ${event.action}`, length: 0, key: event.scheme };
    case 'state':
      return { direction: 'inside', name: `state ${event.to}`, length: 0, key: '' };
  }
}

/** What we send is protected by the client's key, what we receive by the server's. */
function keyName(direction: 'sent' | 'received', epoch: KeyEpoch): string {
  if (epoch === 'none') return '';
  return `${direction === 'sent' ? 'client' : 'server'} ${epoch} traffic key`;
}

/** A server chooses some of these names (`type 99`), none of their characters. */
function fit(name: string): string {
  return encodeUtf8(name).length <= NAME_MAX ? name : name.slice(0, NAME_MAX);
}
