import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mock, test } from 'node:test';
import { encodePacket, NO_PROPERTIES, type ServerPacket } from '@keystile/mqtt';
import mqttPacket, { type Packet } from 'mqtt-packet';
import {
  Broker,
  defaultClientsAtOnce,
  defaultLimits,
  defaultRules,
  type Limits,
  MemoryStore,
  parseIdentity,
} from '../../src/index.ts';
import type { BrokerEvent } from '../../src/log.ts';
import { Driver } from '../../src/node/driver.ts';
import type { Transport } from '../../src/node/transport.ts';

/** A transport that takes what it is told to take. */
class SlowPipe implements Transport {
  willing = true;
  paused = false;
  state: 'open' | 'ended' | 'destroyed' = 'open';
  writes: Uint8Array[] = [];

  write(bytes: Uint8Array): boolean {
    this.writes.push(bytes);
    return this.willing;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  end(): void {
    this.state = 'ended';
  }
  destroy(): void {
    this.state = 'destroyed';
  }
}

const events: BrokerEvent[] = [];
const faults: unknown[] = [];

function fixture(limits: Limits = defaultLimits): {
  driver: Driver;
  clock: { ms: number };
  join: (id: string) => Joined;
} {
  const clock = { ms: 0 };
  events.length = 0;
  faults.length = 0;
  const log = {
    event: (event: BrokerEvent) => void events.push(event),
    fault: (...each: unknown[]) => void faults.push(each),
  };
  const make = (onOutput: () => void): Broker =>
    new Broker({
      rules: defaultRules,
      clientsAtOnce: defaultClientsAtOnce,
      queue: defaultLimits,
      store: new MemoryStore(),
      random: (length) => randomBytes(length),
      log: log.event,
      onOutput,
    });
  const driver = new Driver(make, { now: () => clock.ms, log });
  return { driver, clock, join: (id) => joinAs(driver, id, limits) };
}

interface Joined {
  readonly pipe: SlowPipe;
  readonly send: (packet: Packet) => void;
  readonly events: ReturnType<Driver['open']>;
}

function joinAs(driver: Driver, id: string, limits: Limits): Joined {
  const identity = parseIdentity(`urn:keystile:home:operator:${id}`) ?? assert.fail();
  const pipe = new SlowPipe();
  const listener = { name: 'test', clientIds: 'own', limits } as const;
  const open = driver.open(pipe, { credentials: { identity, serial: undefined }, listener, remote: id }, () => {});
  const send = (packet: Packet): void => open.received(mqttPacket.generate(packet, { protocolVersion: 5 }));
  send({ cmd: 'connect', clientId: id, protocolVersion: 5, clean: true, keepalive: 0, protocolId: 'MQTT' });
  driver.flush();
  return { pipe, send, events: open };
}

const publish = (payload: string): Packet => ({
  cmd: 'publish',
  topic: 'ac/1/set/x',
  payload,
  qos: 0,
  retain: false,
  dup: false,
});

test('what one turn brings about for a connection leaves in one write', () => {
  const { driver, join } = fixture();
  const reader = join('reader');
  reader.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'ac/#', qos: 0 }] });
  driver.flush();
  const writer = join('writer');
  const before = reader.pipe.writes.length;
  for (let at = 0; at < 100; at++) writer.send(publish(`number ${at}`));
  driver.flush();
  assert.equal(reader.pipe.writes.length, before + 1);
  driver.close();
});

test('a transport that is full is not read from until it has drained', () => {
  const { driver, join } = fixture();
  const slow = join('slow');
  slow.pipe.willing = false;
  slow.send({ cmd: 'pingreq' });
  driver.flush();
  assert.equal(slow.pipe.paused, true);
  slow.pipe.willing = true;
  slow.events.drained();
  assert.equal(slow.pipe.paused, false);
  driver.close();
});

test('a client that publishes faster than it may is not read from until it is within its rate', () => {
  mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const { driver, clock, join } = fixture({ ...defaultLimits, publishesPerSecondMax: 10 });
  const quick = join('quick');
  const calm = join('calm');
  for (let at = 0; at < 15; at++) quick.send(publish(`number ${at}`));
  calm.send(publish('once'));
  assert.deepEqual([quick.pipe.paused, calm.pipe.paused], [true, false]);
  clock.ms = 400;
  mock.timers.tick(400);
  assert.equal(quick.pipe.paused, true);
  // A full network during the rest does not end the rest.
  quick.pipe.willing = false;
  quick.send({ cmd: 'pingreq' });
  driver.flush();
  quick.events.drained();
  assert.equal(quick.pipe.paused, true);
  clock.ms = 500;
  mock.timers.tick(100);
  assert.equal(quick.pipe.paused, false);
  driver.close();
  mock.timers.reset();
});

test('a client that reads nothing for half a minute is cut off and told of in the log', () => {
  mock.timers.enable({ apis: ['setInterval'] });
  const { driver, clock, join } = fixture();
  const slow = join('slow');
  slow.pipe.willing = false;
  slow.send({ cmd: 'pingreq' });
  driver.flush();
  clock.ms = 29_000;
  mock.timers.tick(500);
  assert.equal(slow.pipe.state, 'open');
  clock.ms = 31_000;
  mock.timers.tick(500);
  assert.equal(slow.pipe.state, 'destroyed');
  assert.ok(events.some(({ code }) => code === 'KS-B116'));
  driver.close();
  mock.timers.reset();
});

test('after the last packet the transport is closed, and cut when the peer does not follow', () => {
  mock.timers.enable({ apis: ['setInterval'] });
  const { driver, clock, join } = fixture();
  const client = join('client');
  client.send({
    cmd: 'connect',
    clientId: 'client',
    protocolVersion: 5,
    clean: true,
    keepalive: 0,
    protocolId: 'MQTT',
  });
  driver.flush();
  assert.equal(client.pipe.state, 'ended');
  const farewell: ServerPacket = { kind: 'disconnect', reason: 0x82, properties: NO_PROPERTIES };
  assert.deepEqual(Buffer.from(client.pipe.writes.at(-1) ?? []), Buffer.from(encodePacket(farewell, 5)));
  clock.ms = 3000;
  mock.timers.tick(500);
  assert.equal(client.pipe.state, 'destroyed');
  driver.close();
  mock.timers.reset();
});

test('a fault behind one connection closes that one and leaves the others', () => {
  const { driver, join } = fixture();
  const first = join('first');
  const second = join('second');
  // The store gives way once, as a fault of ours would look.
  const { broker } = driver;
  const tick = broker.closed.bind(broker);
  broker.closed = () => {
    broker.closed = tick;
    throw new TypeError('planted');
  };
  first.events.closed();
  assert.equal(faults.length, 1);
  assert.equal(first.pipe.state, 'destroyed');
  second.send({ cmd: 'pingreq' });
  driver.flush();
  assert.deepEqual([...(second.pipe.writes.at(-1) ?? [])], [0xd0, 0]);
  driver.close();
});

test('a fault in the work for all connections is told, and the program goes on', () => {
  mock.timers.enable({ apis: ['setInterval'] });
  const { driver, join } = fixture();
  const client = join('client');
  const { broker } = driver;
  const tick = broker.tick.bind(broker);
  broker.tick = () => {
    broker.tick = tick;
    throw new TypeError('planted');
  };
  mock.timers.tick(500);
  assert.equal(faults.length, 1);
  mock.timers.tick(500);
  client.send({ cmd: 'pingreq' });
  driver.flush();
  assert.deepEqual([...(client.pipe.writes.at(-1) ?? [])], [0xd0, 0]);
  driver.close();
  mock.timers.reset();
});
