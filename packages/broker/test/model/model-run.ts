import assert from 'node:assert/strict';
import type { ProtocolVersion, QoS } from '@keystile/mqtt';
import type { AccessRule } from '../../src/access/rules.ts';
import type { Random } from '../support/random.ts';
import { World } from '../support/world.ts';
import { ModelClient, type Seen, type SeenShared } from './model-client.ts';
import { isShared, Twin, type TwinMessage, type TwinSession, type TwinSubscription } from './twin.ts';

const NAMES = ['a', 'b', 'c', 'd'];
const TOPICS = ['x', 'x/1', 'x/2', 'y', 'y/1/z', '$q/x'];
const ORDINARY = ['x', 'x/#', 'x/+', '+', '#', '+/1/#', 'y/1/z', '$q/#'];
const SHARED = ['$share/g/x/#', '$share/g/#', '$share/h/+/1/z'];
const FILTERS = [...ORDINARY, ...SHARED];
const SHARED_FROM = ORDINARY.length + 1;
const KEEP_SECONDS = 30;

const rules: readonly AccessRule[] = (['publish', 'subscribe'] as const).flatMap((action) =>
  ['#', '$q/#'].map((topic) => ({ roles: ['service'], action, topic, effect: 'allow' })),
);

interface SharedExpectation {
  readonly message: TwinMessage;
  readonly filter: string;
  readonly mustReach: boolean;
}

/** What one client has seen by shared filters in its present session. */
type SharedSight = Map<string, SeenShared>;

/** One random history, told to the broker and to the twin in the same words. */
export class ModelRun {
  readonly history: string[] = [];
  readonly #random: Random;
  readonly #version: ProtocolVersion;
  readonly #world: World;
  readonly #clients: ReadonlyMap<string, ModelClient>;
  readonly #shared: SharedExpectation[] = [];
  readonly #sharedSeen = new Map<string, number>();
  /** QoS 1 and 2 messages that must have reached a member of their group in the end. */
  #sharedDue: SharedExpectation[] = [];
  readonly #sights = new Map<string, SharedSight>();
  /** What another member may see again: the session that has seen it at QoS 1 is over, and may not have acknowledged it. */
  readonly #mayRepeat = new Set<string>();
  readonly #twin = new Twin({
    ended: (session) => this.#ended(session),
    shared: (message, filter, mustReach) => this.#expectShared({ message, filter, mustReach }),
  });
  /** Sessions of the twin that ended in this step; their clients have not heard of it yet. */
  #over: TwinSession[] = [];
  #payloads = 0;

  constructor(random: Random, version: ProtocolVersion) {
    this.#random = random;
    this.#version = version;
    // A window that is never full, but for clients that announce a smaller one: what waits in a window is read late.
    const limits = { sessionExpiryMaxSeconds: KEEP_SECONDS, inFlightMax: 1000, subscriptionsMax: 100 };
    this.#world = new World({ limits, rules });
    this.#clients = new Map(NAMES.map((name) => [name, new ModelClient(name, this.#world, SHARED_FROM)]));
  }

  step(): void {
    const client = this.#client(this.#random.pick(NAMES));
    const session = this.#twin.sessions.get(client.name);
    if (client.connection === undefined || session === undefined) {
      if (this.#random.chance(30)) this.#pass();
      else this.#connect(client);
    } else this.#act(client, session);
    for (const each of this.#clients.values()) each.read();
    this.#compare(false);
  }

  /** Everybody comes back and answers everything: then nothing may be missing. */
  finish(): void {
    this.history.push('finish');
    for (const client of this.#clients.values()) {
      const session = this.#twin.sessions.get(client.name);
      const isAway = client.connection === undefined || client.isDeaf;
      if (isAway && session !== undefined) this.#connect(client, { cleanStart: false });
      for (const each of this.#clients.values()) each.read();
    }
    while ([...this.#clients.values()].some((client) => client.waits)) {
      for (const client of this.#clients.values()) client.answer(100);
    }
    this.#compare(true);
  }

  #act(client: ModelClient, session: TwinSession): void {
    const dice = this.#random.below(100);
    if (client.isDeaf && dice < 70) return;
    if (client.isDeaf && dice < 90) this.#part(client, session, true);
    else if (client.isDeaf) this.#connect(client);
    else if (dice < 20) this.#subscribe(client, session);
    else if (dice < 25) this.#unsubscribe(client, session);
    else if (dice < 60) this.#publish(client);
    else if (dice < 70) this.#publishHalf(client, session);
    else if (dice < 75) this.#release(client, session);
    else if (dice < 78) this.#deafen(client);
    else if (dice < 85) this.#answer(client);
    else if (dice < 90) this.#pass();
    else if (dice < 94) this.#part(client, session, true);
    else if (dice < 97) this.#part(client, session, false);
    else this.#connect(client);
  }

  #connect(client: ModelClient, forced: { readonly cleanStart?: boolean } = {}): void {
    const cleanStart = forced.cleanStart ?? this.#random.chance(25);
    const keepMs = (this.#version === 4 ? !cleanStart : this.#random.chance(75)) ? KEEP_SECONDS * 1000 : 0;
    const delaySeconds = this.#version === 5 ? this.#random.pick([0, 5, 100]) : 0;
    const will = this.#random.chance(40) ? this.#message(client, 'will') : undefined;
    this.history.push(
      `${client.name} connect clean=${cleanStart} keep=${keepMs} will=${describe(will)} +${delaySeconds}`,
    );
    const twinWill = will && { message: will, delayMs: delaySeconds * 1000 };
    this.#twin.connect(client.name, { cleanStart, keepMs, will: twinWill }, this.#world.nowMs);
    const smallWindow = this.#version === 5 && hasSmallWindow(client);
    const connection = this.#world.connect(`service:${client.name}`, {
      version: this.#version,
      cleanStart,
      manual: true,
      ...(will && {
        will: {
          topic: will.topic,
          payload: will.payload,
          qos: will.qos as QoS,
          retain: will.retain,
          ...(delaySeconds > 0 && { properties: { willDelayInterval: delaySeconds } }),
        },
      }),
      properties: { sessionExpiryInterval: keepMs / 1000, ...(smallWindow && { receiveMaximum: 2 }) },
    });
    this.#settle();
    client.connected(connection);
  }

  #subscribe(client: ModelClient, session: TwinSession): void {
    const filter = this.#random.pick(this.#version === 5 ? FILTERS : ORDINARY);
    const qos = this.#random.below(3);
    const noLocal = this.#version === 5 && !isShared(filter) && this.#random.chance(30);
    const wantsRetained = this.#version === 4 || (!hasSmallWindow(client) && this.#random.chance(70));
    this.history.push(`${client.name} subscribe ${filter} qos=${qos} noLocal=${noLocal} retained=${wantsRetained}`);
    this.#twin.subscribe(session, { filter, qos, noLocal }, wantsRetained, this.#world.nowMs);
    client.connection?.requestSubscription([filter], {
      qos: qos as QoS,
      noLocal,
      retainHandling: wantsRetained ? 0 : 2,
      ...(this.#version === 5 && { identifier: FILTERS.indexOf(filter) + 1 }),
    });
  }

  #unsubscribe(client: ModelClient, session: TwinSession): void {
    const filter = this.#random.pick(FILTERS);
    this.history.push(`${client.name} unsubscribe ${filter}`);
    // What the session has already stays there, and ends with it unseen by others.
    if (session.subscriptions.delete(filter)) this.#sharedDue = this.#sharedDue.filter((due) => due.filter !== filter);
    client.connection?.unsubscribe(filter);
  }

  #publish(client: ModelClient): void {
    const message = this.#message(client, 'm');
    this.history.push(`${client.name} publish ${describe(message)}`);
    this.#twin.publish(message, this.#world.nowMs);
    const qos = message.qos as QoS;
    const seconds = this.#secondsLeft(message);
    client.connection?.publish(message.topic, {
      qos,
      payload: message.payload,
      retain: message.retain,
      ...(qos > 0 && { packetId: 1000 + this.#payloads }),
      ...(seconds !== undefined && { properties: { messageExpiryInterval: seconds } }),
    });
    if (qos === 2) client.release(1000 + this.#payloads);
  }

  /** PUBLISH at QoS 2 without PUBREL, now and then for the second time. */
  #publishHalf(client: ModelClient, session: TwinSession): void {
    const packetId = 1 + this.#random.below(3);
    const before = session.held.get(packetId);
    const message = before ?? { ...this.#message(client, 'half'), qos: 2, retain: false, expiresAtMs: undefined };
    // A repeat belongs to a new connection; the broker takes one for a flood otherwise.
    if (before !== undefined && client.outgoing.get(packetId) === 'recorded') return;
    const payload = before?.payload ?? message.payload.replace(/@.*/, '');
    this.history.push(`${client.name} half ${packetId} ${message.topic} ${payload}`);
    session.held.set(packetId, { ...message, payload });
    client.publishHalf(message.topic, packetId, payload, before !== undefined);
    client.outgoing.set(packetId, 'recorded');
  }

  #release(client: ModelClient, session: TwinSession): void {
    const packetId = 1 + this.#random.below(3);
    this.history.push(`${client.name} release ${packetId}`);
    const message = session.held.get(packetId);
    session.held.delete(packetId);
    if (message !== undefined) this.#twin.publish(message, this.#world.nowMs);
    client.release(packetId);
  }

  #answer(client: ModelClient): void {
    const count = 1 + this.#random.below(5);
    this.history.push(`${client.name} answer ${count}`);
    client.answer(count);
  }

  #deafen(client: ModelClient): void {
    this.history.push(`${client.name} deaf`);
    client.isDeaf = true;
  }

  #part(client: ModelClient, session: TwinSession, withWill: boolean): void {
    this.history.push(`${client.name} ${withWill ? 'drop' : 'disconnect'}`);
    client.read();
    this.#twin.part(session, withWill, this.#world.nowMs);
    if (withWill) client.connection?.drop();
    else client.connection?.disconnect();
    this.#settle();
  }

  #pass(): void {
    const seconds = this.#random.pick([1, 3, 10, 40]);
    this.history.push(`${seconds} s`);
    for (let second = 0; second < seconds; second++) {
      this.#twin.tick(this.#world.nowMs + 1000);
      this.#world.advance(1000);
      for (const client of this.#clients.values()) client.read();
    }
    this.#settle();
  }

  #message(client: ModelClient, kind: string): TwinMessage {
    this.#payloads += 1;
    const retain = this.#random.chance(20);
    const expires = this.#version === 5 && kind === 'm' && this.#random.chance(20);
    const expiresAtMs = expires ? this.#world.nowMs + 1000 * this.#random.pick([2, 20]) : undefined;
    const empty = retain && kind === 'm' && !expires && this.#random.chance(30);
    const payload = `${kind}${this.#payloads}${expires ? `@${expiresAtMs}` : ''}`;
    const qos = this.#random.below(3);
    const topic = this.#random.pick(TOPICS);
    return { topic, payload: empty ? '' : payload, qos, retain, expiresAtMs, publisher: client.name };
  }

  #secondsLeft(message: TwinMessage): number | undefined {
    return message.expiresAtMs === undefined ? undefined : (message.expiresAtMs - this.#world.nowMs) / 1000;
  }

  #ended(session: TwinSession): void {
    this.#over.push(session);
    for (const filter of session.subscriptions.keys()) this.#memberEnded(filter);
  }

  #expectShared(expectation: SharedExpectation): void {
    const { message, filter } = expectation;
    this.#shared.push(expectation);
    if (message.payload === '' || message.qos === 0 || message.expiresAtMs !== undefined) return;
    if (this.#membersOf(filter).every((subscription) => subscription.qos > 0)) this.#sharedDue.push(expectation);
  }

  /** At QoS 2 the session may have had it in flight, and then nobody else gets it; QoS 0 may be lost with whom gets it next. */
  #memberEnded(filter: string): void {
    const others = this.#membersOf(filter);
    const isSafe = others.length > 0 && others.every((subscription) => subscription.qos > 0);
    this.#sharedDue = this.#sharedDue.filter((due) => due.filter !== filter || (isSafe && due.message.qos === 1));
  }

  #membersOf(filter: string): TwinSubscription[] {
    const found = [...this.#twin.sessions.values()].map(({ subscriptions }) => subscriptions.get(filter));
    return found.filter((subscription) => subscription !== undefined);
  }

  /** Clients whose session is over have seen a part of what was expected, and forget it. */
  #settle(): void {
    const over = this.#over;
    this.#over = [];
    for (const session of over) {
      const client = this.#client(session.name);
      client.read();
      this.#compareOne(client.seen, session, false);
      this.#countShared(client);
      for (const [key, { qos }] of this.#sights.get(client.name) ?? []) if (qos === 1) this.#mayRepeat.add(key);
      this.#sights.delete(client.name);
      client.forget();
    }
  }

  #compare(isEnd: boolean): void {
    for (const client of this.#clients.values()) {
      const session = this.#twin.sessions.get(client.name);
      if (session !== undefined) this.#compareOne(client.seen, session, isEnd);
      this.#countShared(client);
    }
    for (const { message, filter, mustReach } of this.#shared) {
      const seen = this.#sharedSeen.get(`${message.payload} ${FILTERS.indexOf(filter) + 1}`) ?? 0;
      if (message.payload === '') continue;
      if (mustReach) assert.equal(seen, 1, `${message.payload} reached no member of ${filter}`);
    }
    this.#shared.length = 0;
    if (!isEnd) return;
    for (const { message, filter } of this.#sharedDue) {
      const key = `${message.payload} ${FILTERS.indexOf(filter) + 1}`;
      assert.ok(this.#sharedSeen.has(key), `${message.payload} reached no member of ${filter} in the end`);
    }
  }

  #countShared(client: ModelClient): void {
    const sight = this.#sights.get(client.name) ?? new Map<string, SeenShared>();
    this.#sights.set(client.name, sight);
    for (const seen of client.seen.shared.splice(0)) {
      const { payload, identifier } = seen;
      const key = `${payload} ${identifier}`;
      sight.set(key, seen);
      this.#sharedSeen.set(key, (this.#sharedSeen.get(key) ?? 0) + 1);
      if (payload === '' || this.#mayRepeat.has(key)) continue;
      assert.equal(this.#sharedSeen.get(key), 1, `${payload} reached two members of one group`);
    }
  }

  #compareOne(seen: Seen, session: TwinSession, isEnd: boolean): void {
    const { expected, name } = session;
    const isDue = (message: TwinMessage): boolean =>
      isEnd && (message.expiresAtMs === undefined || message.expiresAtMs > this.#world.nowMs);
    assert.deepEqual(seen.zero, payloads(expected.zero), `QoS 0 at ${name}`);
    checkInOrder(seen.above, expected.above, { isDue, name });
    const retained = payloads(expected.retained);
    for (const payload of seen.retained) {
      const at = retained.indexOf(payload);
      assert.ok(at >= 0, `${name} got retained ${payload}, which is not due`);
      retained.splice(at, 1);
    }
    if (isEnd) assert.deepEqual(retained, [], `retained messages that ${name} did not get`);
  }

  #client(name: string): ModelClient {
    const client = this.#clients.get(name);
    assert.ok(client !== undefined);
    return client;
  }
}

/** What was seen is what was expected, in order; missing may be only the end, and what has expired. */
function checkInOrder(
  seen: readonly string[],
  expected: readonly TwinMessage[],
  { isDue, name }: { readonly isDue: (message: TwinMessage) => boolean; readonly name: string },
): void {
  let at = 0;
  for (const message of expected) {
    if (seen[at] === message.payload) at += 1;
    else if (message.expiresAtMs === undefined) {
      assert.equal(at, seen.length, `${name} got ${seen[at]} where ${message.payload} was due`);
      assert.ok(!isDue(message), `${name} did not get ${message.payload}`);
    } else assert.ok(!isDue(message), `${name} did not get ${message.payload}`);
  }
  assert.equal(at, seen.length, `${name} got ${seen[at]}, which was not for it`);
}

function payloads(messages: readonly TwinMessage[]): string[] {
  return messages.map((message) => message.payload);
}

/** These ask for no retained messages: with a full window they would be read late, and so be others. */
function hasSmallWindow({ name }: ModelClient): boolean {
  return name === 'a' || name === 'b';
}

function describe(message: TwinMessage | undefined): string {
  return message === undefined
    ? 'none'
    : `${message.topic} '${message.payload}' qos=${message.qos} retain=${message.retain}`;
}
