import { readSession, SignedOut, signOut } from './api.js';
import { BrokerConnection } from './connection.js';
import {
  emptyRoom,
  parseRefusal,
  parseReport,
  settings,
  withAvailability,
  withCommand,
  withoutAnswer,
  withRefusal,
  withReport,
} from './room.js';
import { makeView } from './view.js';

/** The wiring: session → connection → room → view. One device is shown at a time. */
const TICK_MS = 1000;
/** Keeps the session of a page that is looked at; a hidden page goes idle and is signed out in time. */
const KEEP_SESSION_MS = 5 * 60_000;

let device;
let room = emptyRoom();
let connection = { kind: 'connecting' };
let link;
let commandCount = 0;

const view = makeView({ onCommand: command });

function render() {
  view.render({ room, connection, now: Date.now() });
}

function change(next) {
  for (const command of next.commands) {
    const before = room.commands.find((each) => each.id === command.id);
    if (before?.outcome === 'pending' && command.outcome !== 'pending') announceOutcome(command);
  }
  room = next;
  render();
}

function announceOutcome({ setting, value, outcome, detail }) {
  if (outcome === 'reported') view.announce(`${setting.replace('-', ' ')} ${value} is reported by the device`);
  if (outcome === 'refused') view.announce(`refused: ${detail}`);
  if (outcome === 'unanswered') view.announce('the device has not answered');
}

async function command(setting, value) {
  if (room.reported?.[settings[setting]] === value && !room.commands.some(isPending(setting))) return render();
  const id = `c${++commandCount}`;
  change(withCommand(room, { id, setting, value }, Date.now()));
  try {
    await link.publish(`ac/${device.id}/set/${setting}`, setting === 'set-point' ? value.toFixed(1) : value);
  } catch (error) {
    change(withRefusal(room, { setting, value, code: 'broker', detail: error.message }, Date.now()));
  }
}

function isPending(setting) {
  return (each) => each.setting === setting && each.outcome === 'pending';
}

function receive(topic, text) {
  const now = Date.now();
  const kind = topic.split('/').at(-1);
  if (kind === 'availability') return change(withAvailability(room, text));
  if (kind === 'state') {
    const report = parseReport(text);
    if (report === undefined) return;
    view.addToTrend(now, report);
    return change(withReport(room, report, now));
  }
  const refusal = parseRefusal(text);
  if (refusal !== undefined) change(withRefusal(room, refusal, now));
}

function watch(session, chosen) {
  link?.close();
  device = chosen;
  room = emptyRoom();
  view.clearTrend();
  document.getElementById('device-name').textContent = chosen.id;
  const suffix = Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, '0'));
  link = new BrokerConnection({
    url: session.websocketUrl,
    clientId: `${session.operator}/${suffix.join('')}`,
    topics: ['state', 'availability', 'refused'].map((name) => `ac/${chosen.id}/${name}`),
    onStatus: (status) => {
      connection = status;
      render();
    },
    onMessage: receive,
  });
}

function offerDevices(session) {
  const choice = document.getElementById('device');
  choice.append(...session.devices.map(({ id }) => new Option(id, id)));
  document.getElementById('device-choice').hidden = session.devices.length < 2;
  choice.addEventListener('change', () => watch(session, session.devices[choice.selectedIndex]));
}

async function leave() {
  link?.close();
  await signOut();
  location.assign('/');
}

async function start() {
  const session = await readSession();
  document.getElementById('fleet').textContent = session.fleet;
  document.getElementById('sign-out').addEventListener('click', leave);
  if (session.devices.length === 0) {
    document.getElementById('reported-at').textContent = 'No device has been provisioned in this fleet yet';
    return;
  }
  offerDevices(session);
  watch(session, session.devices[0]);
  setInterval(() => {
    room = withoutAnswer(room, Date.now());
    render();
  }, TICK_MS);
  setInterval(() => document.visibilityState === 'visible' && readSession().catch(sessionEnded), KEEP_SESSION_MS);
}

function sessionEnded(error) {
  if (!(error instanceof SignedOut)) return;
  link?.close();
  connection = { kind: 'signed-out' };
  render();
}

start().catch((error) => {
  connection = error instanceof SignedOut ? { kind: 'signed-out' } : { kind: 'waiting', reason: error.message };
  render();
});
