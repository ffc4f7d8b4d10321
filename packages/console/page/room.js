/**
 * What the page knows of one device. Pure: each function takes the room and returns the next one.
 *
 * Three things are kept apart that other pages blur: what the device *reported*, what was *asked* of it and not
 * reported back yet, and what was *refused*. Nothing is shown as done because it was sent.
 */

/** The setting's name in a topic, and its field in the state document. */
export const settings = {
  'set-point': 'setPoint',
  mode: 'mode',
  fan: 'fan',
  swing: 'swing',
};

/** A device that works reports a change within a second or two. */
export const ANSWER_MAX_MS = 10_000;
const LOG_MAX = 12;

export function emptyRoom() {
  return { availability: 'unknown', reported: undefined, reportedAt: undefined, lagMs: undefined, commands: [] };
}

export function withAvailability(room, text) {
  return { ...room, availability: text === 'online' || text === 'offline' ? text : 'unknown' };
}

/** A state document arrived: it answers every pending command whose value it shows. */
export function withReport(room, document, now) {
  const answered = (command) => command.outcome === 'pending' && document[settings[command.setting]] === command.value;
  const commands = room.commands.map((command) =>
    answered(command) ? { ...command, outcome: 'reported', ms: now - command.sentAt } : command,
  );
  const lags = commands.filter((command, i) => command !== room.commands[i]).map((command) => command.ms);
  return { ...room, reported: document, reportedAt: now, lagMs: lags[0] ?? room.lagMs, commands };
}

/** A command leaves; an older pending one of the same setting is replaced by it. */
export function withCommand(room, { id, setting, value }, now) {
  const older = room.commands.map((command) =>
    command.setting === setting && command.outcome === 'pending' ? { ...command, outcome: 'replaced' } : command,
  );
  return { ...room, commands: [{ id, setting, value, sentAt: now, outcome: 'pending' }, ...older].slice(0, LOG_MAX) };
}

/** The device, or the broker, said no. A refusal of somebody else's command gets a line of its own. */
export function withRefusal(room, { setting, value, code, detail }, now) {
  const mine = room.commands.find(
    (command) =>
      command.outcome === 'pending' && command.setting === setting && String(command.value) === String(value),
  );
  if (mine === undefined) {
    const line = { id: `refused-${now}`, setting, value, sentAt: now, outcome: 'refused', code, detail };
    return { ...room, commands: [line, ...room.commands].slice(0, LOG_MAX) };
  }
  const commands = room.commands.map((command) =>
    command === mine ? { ...command, outcome: 'refused', code, detail, ms: now - command.sentAt } : command,
  );
  return { ...room, commands };
}

/** Commands that nobody answered in time. Returns the same room when there are none. */
export function withoutAnswer(room, now) {
  const late = (command) => command.outcome === 'pending' && now - command.sentAt >= ANSWER_MAX_MS;
  if (!room.commands.some(late)) return room;
  return { ...room, commands: room.commands.map((each) => (late(each) ? { ...each, outcome: 'unanswered' } : each)) };
}

export function pendingValue(room, setting) {
  return room.commands.find((command) => command.setting === setting && command.outcome === 'pending')?.value;
}

/** A state document from the network, or `undefined`: a page must not break on what a device publishes. */
export function parseReport(text) {
  try {
    const document = JSON.parse(text);
    const numbers = ['temperature', 'setPoint', 'powerW', 'outdoor'];
    const whole = numbers.every((name) => Number.isFinite(document[name])) && typeof document.mode === 'string';
    return whole ? document : undefined;
  } catch {
    return undefined;
  }
}

/** What a device says about a command that it refused, or `undefined`. */
export function parseRefusal(text) {
  try {
    const { topic, value, code, detail } = JSON.parse(text);
    if ([topic, code, detail].some((each) => typeof each !== 'string')) return undefined;
    return { setting: topic.split('/').at(-1), value, code, detail };
  } catch {
    return undefined;
  }
}
