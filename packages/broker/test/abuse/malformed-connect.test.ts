import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePacket, NO_PROPERTIES, parseTopicName } from '@keystile/mqtt';
import { MADE_ONCE, reachableBytes } from '../support/memory.ts';
import { Random } from '../support/random.ts';
import { identityOf, World } from '../support/world.ts';

/**
 * CONNECT packets that are wrong, with wills and properties that a broker has to let go of. Connections are driven without
 * the clients of other tests: what those remember would hide what the broker forgets.
 */

const count = process.env.KEYSTILE_TEST_FULL === '1' ? 1_000_000 : 20_000;
const SEED = 3592;

const topic = parseTopicName('ac/a/state') ?? assert.fail();
const good = encodePacket(
  {
    kind: 'connect',
    version: 5,
    cleanStart: true,
    keepAliveSeconds: 10,
    clientId: 'a',
    will: {
      topic,
      payload: Buffer.alloc(200, 'w'),
      qos: 1,
      retain: true,
      properties: { willDelayInterval: 9, contentType: 'text', userProperties: [['name', 'value']] },
    },
    userName: 'name',
    password: Buffer.from('word'),
    properties: { ...NO_PROPERTIES, sessionExpiryInterval: 100, userProperties: [['n', 'v']] },
  },
  5,
);

/** What has been seen to leak elsewhere: the same property twice, a will cut short, flags that lie. */
function mutate(random: Random): Uint8Array {
  const bytes = Uint8Array.from(good);
  const cut = random.chance(30) ? 2 + random.below(bytes.length - 2) : bytes.length;
  for (let change = random.below(3); change >= 0; change--) {
    // Behind the protocol name, where the parts lie that take memory.
    bytes[8 + random.below(bytes.length - 8)] = random.below(256);
  }
  return bytes.subarray(0, cut);
}

class Door {
  readonly world = new World();
  readonly #peer = {
    credentials: { identity: identityOf('device:a'), serial: undefined },
    listener: { name: 'test', clientIds: 'own', limits: this.world.limits },
    remote: 'test',
  } as const;

  /** Whether the client was admitted. */
  knock(bytes: Uint8Array): boolean {
    const { broker, nowMs, events } = this.world;
    const connection = broker.open(this.#peer, nowMs);
    connection.receive(bytes, nowMs);
    const isAdmitted = connection.connected !== undefined;
    broker.takeOutput();
    broker.closed(connection, nowMs);
    broker.takeOutput();
    events.length = 0;
    return isAdmitted;
  }
}

function millisecondsOf(work: () => void): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

describe('Malformed CONNECT packets', () => {
  it(`leave nothing behind, cost no more than good ones, and keep nobody out, ${count} of them (seed ${SEED})`, () => {
    const random = new Random(SEED);
    const door = new Door();
    const round = count / 10;
    const flood = (): void => {
      for (let at = 0; at < round; at++) door.knock(mutate(random));
    };
    // Both ways are compiled, and whatever is made once is made, before anything is measured.
    flood();
    for (let at = 0; at < round; at++) assert.ok(door.knock(good));
    const before = reachableBytes();
    const badMs = millisecondsOf(() => {
      for (let at = 1; at < 10; at++) flood();
    });
    const grown = reachableBytes() - before;
    const goodMs = millisecondsOf(() => {
      for (let at = 1; at < 10; at++) for (let each = 0; each < round; each++) door.knock(good);
    });
    assert.ok(grown < MADE_ONCE + 10 * 9 * round, `${grown} bytes after ${9 * round}`);
    assert.ok(badMs < 5 * goodMs, `${badMs} ms for bad ones, ${goodMs} ms for good ones`);
    assert.equal(door.world.broker.connectionCount, 0);
    assert.ok(door.knock(good));
  });
});
