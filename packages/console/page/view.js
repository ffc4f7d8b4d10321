import { labelOf, makeChoice } from './choices.js';
import { makeDial } from './dial.js';
import { pendingValue } from './room.js';
import { makeTrend } from './trend.js';

/** Puts the room on the page. It reads the room and the connection, and hands what a person does to `onCommand`. */
const actions = {
  idle: 'At rest',
  fan: 'Fan only',
  cooling: 'Cooling',
  heating: 'Heating',
  drying: 'Drying',
};
const settingLabels = { 'set-point': 'Set point', mode: 'Mode', fan: 'Fan', swing: 'Swing' };
const connectionLabels = {
  connecting: 'Connecting',
  live: 'Live',
  waiting: 'Reconnecting',
  'signed-out': 'Signed out',
  closed: 'Closed',
};
/** A device that works reports at least every half minute. */
const STALE_MS = 60_000;

export function makeView({ onCommand }) {
  const find = (id) => document.getElementById(id);
  let draft;
  let current;

  const dial = makeDial(find('dial'), {
    onDraft: (value) => {
      draft = value;
      if (current) render(current);
    },
    onCommit: (value) => {
      draft = undefined;
      onCommand('set-point', value);
    },
  });
  find('step-down').addEventListener('click', () => dial.step(-1));
  find('step-up').addEventListener('click', () => dial.step(1));
  const choices = Object.fromEntries(
    ['mode', 'fan', 'swing'].map((setting) => [
      setting,
      makeChoice(find(setting), (value) => onCommand(setting, value)),
    ]),
  );
  const trend = makeTrend(find('trend'));

  function render(next) {
    current = next;
    const { room, connection, now } = next;
    const { reported } = room;
    const enabled = connection.kind === 'live' && room.availability === 'online' && reported !== undefined;
    renderConnection(find, connection);
    renderAvailability(find, room, now);
    const pending = pendingValue(room, 'set-point');
    const shown = draft ?? pending ?? reported?.setPoint;
    dial.show({
      temperature: reported?.temperature,
      reported: reported?.setPoint,
      shown,
      pending: shown !== reported?.setPoint,
      enabled,
    });
    find('step-down').disabled = !enabled;
    find('step-up').disabled = !enabled;
    find('set-point').textContent = shown === undefined ? '--.-' : shown.toFixed(1);
    renderAgreement(find('agreement'), { reported, draft, pending });
    for (const [setting, choice] of Object.entries(choices)) {
      choice.show({ reported: reported?.[setting], pending: pendingValue(room, setting), enabled });
    }
    renderReadings(find, room);
    renderActivity(find, room.commands);
  }

  return {
    render,
    addToTrend: (at, report) => trend.add(at, report),
    clearTrend: () => trend.clear(),
    /** Read out by a screen reader; only what a person waits for, never every temperature. */
    announce: (text) => {
      find('announcer').textContent = text;
    },
  };
}

function renderConnection(find, connection) {
  document.body.dataset.connection = connection.kind;
  find('connection').dataset.state = connection.kind;
  setText(find('connection-text'), connectionLabels[connection.kind]);
  const notice = find('notice');
  notice.hidden = connection.kind !== 'waiting' && connection.kind !== 'signed-out';
  if (connection.kind === 'waiting')
    setText(notice, `No connection to the broker: ${connection.reason}. Trying again.`);
  if (connection.kind === 'signed-out') {
    setText(notice, 'Your session has ended. Run "keystile console link" on the machine where Keystile runs.');
  }
}

function renderAvailability(find, room, now) {
  const labels = { online: 'Device online', offline: 'Device offline', unknown: 'Not heard of yet' };
  find('availability').dataset.state = room.availability;
  setText(find('availability-text'), labels[room.availability]);
  const ageMs = room.reportedAt === undefined ? undefined : now - room.reportedAt;
  document.body.classList.toggle(
    'is-stale',
    ageMs !== undefined && (ageMs > STALE_MS || room.availability === 'offline'),
  );
  setText(find('reported-at'), ageMs === undefined ? 'Waiting for the first report' : `Reported ${ageText(ageMs)}`);
}

function renderAgreement(element, { reported, draft, pending }) {
  if (reported === undefined) {
    element.dataset.state = 'unknown';
    setText(element, 'The device has not reported yet');
  } else if (draft !== undefined && draft !== reported.setPoint) {
    element.dataset.state = 'draft';
    setText(element, `Choosing; the device is set to ${reported.setPoint.toFixed(1)} °C`);
  } else if (pending !== undefined) {
    element.dataset.state = 'pending';
    setText(element, `${pending.toFixed(1)} °C asked; the device still reports ${reported.setPoint.toFixed(1)} °C`);
  } else {
    element.dataset.state = 'agreed';
    setText(element, 'Reported by the device itself');
  }
}

function renderReadings(find, { reported, lagMs }) {
  document.body.dataset.mode = reported?.mode ?? 'off';
  document.body.dataset.action = reported?.action ?? 'idle';
  setText(find('temperature'), reported === undefined ? '--.-' : reported.temperature.toFixed(1));
  setText(find('action'), reported === undefined ? '' : (actions[reported.action] ?? labelOf(reported.mode)));
  setText(find('outdoor'), reported === undefined ? '--' : `${reported.outdoor.toFixed(1)} °C`);
  setText(find('power'), reported === undefined ? '--' : `${Math.round(reported.powerW)} W`);
  setText(find('lag'), lagMs === undefined ? '--' : `${Math.round(lagMs)} ms`);
  if (reported !== undefined) document.title = `${reported.temperature.toFixed(1)} °C · Keystile`;
}

function renderActivity(find, commands) {
  find('activity-empty').hidden = commands.length > 0;
  const key = commands.map((each) => `${each.id} ${each.outcome}`).join();
  const list = find('activity');
  // Rebuilt only when something changed: a list that is replaced every second cannot be read or selected.
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...commands.map(activityItem));
}

function activityItem(command) {
  const item = document.createElement('li');
  item.dataset.outcome = command.outcome;
  const time = new Date(command.sentAt).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  item.append(
    span('activity-time', time),
    span('activity-what', `${settingLabels[command.setting] ?? command.setting} ${valueText(command)}`),
    span('activity-outcome', outcomeText(command)),
  );
  return item;
}

function valueText({ setting, value }) {
  if (setting !== 'set-point') return labelOf(value);
  const number = Number(value);
  return Number.isFinite(number) ? `${number.toFixed(1)} °C` : String(value);
}

function outcomeText(command) {
  switch (command.outcome) {
    case 'pending':
      return 'waiting for the device';
    case 'reported':
      return `reported back after ${Math.round(command.ms)} ms`;
    case 'refused':
      return `refused: ${command.detail} (${command.code})`;
    case 'replaced':
      return 'replaced by a later one';
    default:
      return 'no answer from the device';
  }
}

function ageText(ageMs) {
  const seconds = Math.round(ageMs / 1000);
  if (seconds < 2) return 'just now';
  if (seconds < 120) return `${seconds} seconds ago`;
  return `${Math.round(seconds / 60)} minutes ago`;
}

function span(className, text) {
  return Object.assign(document.createElement('span'), { className, textContent: text });
}

/** Leaves the node alone when nothing changed, so that a live region does not speak again. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
