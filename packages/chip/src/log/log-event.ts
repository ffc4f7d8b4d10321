import type { LogEventName, LogSegmentName } from '@keystile/link';
import type { PartState } from '../memory/part-state.ts';

/** Something that the log is to tell of. */
export interface LogEvent {
  readonly event: LogEventName;
  /** An object, a code, a version: never anything that a host or a server can choose freely. */
  readonly detail: string;
  /** How often it has happened. */
  readonly count: number;
}

/**
 * Which space an event takes. What a host can cause as often as it likes is in `host` alone; what it can cause at the
 * price of a reset or of a budgeted write is in `boot` and `keys`; the other two nobody fills who is not the maker, the
 * line or the administrator.
 */
export const segmentOf: Readonly<Record<LogEventName, LogSegmentName>> = {
  tampered: 'life-cycle',
  'life-cycle-changed': 'life-cycle',
  'object-changed': 'administration',
  administered: 'administration',
  reset: 'boot',
  'boot-passed': 'boot',
  'boot-failed': 'boot',
  'boot-committed': 'boot',
  'key-changed': 'keys',
  'certificate-changed': 'keys',
  'time-told': 'host',
  'session-opened': 'host',
  'session-refused': 'host',
  'command-refused': 'host',
  'more-refused': 'host',
  'self-test-failed': 'boot',
};

/**
 * What a change of the memory is to the log. Every command that changes the part does it through the memory, so none has
 * to remember the log.
 */
export function eventsOfChange(before: PartState, after: PartState): readonly LogEvent[] {
  const events: LogEvent[] = [];
  const tell = (event: LogEventName, detail: string): void => void events.push({ event, detail, count: 1 });
  if (before.bootCount !== after.bootCount) tell('reset', '');
  for (const name of changedIn(before.objects, after.objects)) {
    tell(isOwnChain(name) ? 'certificate-changed' : 'object-changed', name);
  }
  for (const slot of changedIn(before.keys, after.keys)) tell('key-changed', slot);
  if (before.lifeCycle !== after.lifeCycle) tell('life-cycle-changed', after.lifeCycle);
  const { firmwareVersionMin, configurationVersionMin } = after;
  if (before.firmwareVersionMin !== firmwareVersionMin || before.configurationVersionMin !== configurationVersionMin) {
    tell('boot-committed', `firmware ${firmwareVersionMin}, configuration ${configurationVersionMin}`);
  }
  if (before.lastTokenMs !== after.lastTokenMs) tell('time-told', '');
  return events;
}

function isOwnChain(name: string): boolean {
  return name.startsWith('idevid-') || name.startsWith('ldevid-');
}

/** Keys of what was added, replaced or removed. */
function changedIn<Name, Value>(before: ReadonlyMap<Name, Value>, after: ReadonlyMap<Name, Value>): readonly Name[] {
  if (before === after) return [];
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
}
