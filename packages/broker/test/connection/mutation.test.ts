import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ClientPacket, encodePacket, NO_PROPERTIES, type ProtocolVersion } from '@keystile/mqtt';
import { type Client, idOf, topicFilter, topicName } from '../support/client.ts';
import { Random } from '../support/random.ts';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

const full = process.env.KEYSTILE_TEST_FULL === '1';
const STREAMS = full ? 200_000 : 5000;
/** Streams for one broker: what one leaves behind, the next one meets. */
const STREAMS_PER_WORLD = 100;

for (const version of versions) {
  describe(`Mutated packet streams, version ${version}`, () => {
    it(`never throw, and others are served, in ${STREAMS} streams`, () => {
      let world = new World();
      let others = new Others(world, version);
      for (let seed = 1; seed <= STREAMS; seed++) {
        if (seed % STREAMS_PER_WORLD === 0) {
          world = new World();
          others = new Others(world, version);
        }
        try {
          sendMutated(world, version, new Random(seed));
          others.check(`${seed}`);
        } catch (error) {
          throw new Error(`seed ${seed}, version ${version}`, { cause: error });
        }
      }
      assert.equal(world.broker.connectionCount, 2);
    });
  });
}

/** Two clients that must not notice anything. */
class Others {
  readonly #reader: Client;
  readonly #writer: Client;

  constructor(world: World, version: ProtocolVersion) {
    this.#reader = world.connect('service:reader', { version });
    this.#reader.subscribe('calm/#', { qos: 1 });
    this.#writer = world.connect('service:writer', { version });
  }

  check(payload: string): void {
    assert.equal(this.#writer.publish('calm/t', { qos: 1, payload })?.kind, 'puback');
    assert.deepEqual(this.#reader.takeTexts(), [`calm/t=${payload}`]);
  }
}

function sendMutated(world: World, version: ProtocolVersion, random: Random): void {
  const client = world.open('device:hostile', { version, unread: true });
  const connect = packets(version)[0];
  // Most streams get past CONNECT: what follows it has more to break.
  const intact = random.chance(70) && connect !== undefined;
  if (intact) client.sendBytes(connect);
  const rest = Array.from({ length: 1 + random.below(6) }, () => random.pick(packets(version)));
  const stream = mutate(Buffer.concat(intact ? rest : [connect ?? Buffer.alloc(0), ...rest]), random);
  for (let at = 0; at < stream.length && !client.isClosed; ) {
    const length = 1 + random.below(random.pick([2, 16, 4096]));
    client.sendBytes(stream.subarray(at, at + length));
    at += length;
  }
  if (random.chance(10)) world.advance(1000);
  client.drop();
}

function mutate(stream: Uint8Array, random: Random): Uint8Array {
  let bytes = Uint8Array.from(stream);
  for (let count = random.below(4); count >= 0; count--) {
    const at = random.below(bytes.length);
    const dice = random.below(5);
    if (dice === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    else if (dice === 1) bytes[at] = random.below(256);
    else if (dice === 2)
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...random.bytes(1 + random.below(4)), ...bytes.subarray(at)]);
    else if (dice === 3)
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + random.below(4))]);
    else if (bytes.length > 2) bytes = bytes.slice(0, 1 + at);
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}

const samples = new Map<ProtocolVersion, readonly Uint8Array[]>();

function packets(version: ProtocolVersion): readonly Uint8Array[] {
  const known = samples.get(version) ?? clientPackets(version).map((packet) => encodePacket(packet, version));
  samples.set(version, known);
  return known;
}

/** One of everything that a client sends, CONNECT first. */
function clientPackets(version: ProtocolVersion): readonly ClientPacket[] {
  const properties = NO_PROPERTIES;
  const topic = topicName('ac/hostile/state');
  const publish = { kind: 'publish', topic, payload: Buffer.from('payload'), retain: false, dup: false } as const;
  const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  const acknowledgements = (['puback', 'pubrec', 'pubrel', 'pubcomp'] as const).map((kind) => {
    return { kind, packetId: idOf(1), reason: 0, properties } as const;
  });
  return [
    {
      kind: 'connect',
      version,
      cleanStart: false,
      keepAliveSeconds: 10,
      clientId: 'hostile',
      will: { topic, payload: Buffer.from('will'), qos: 1, retain: true, properties: { willDelayInterval: 1 } },
      userName: 'name',
      password: Buffer.from('word'),
      properties: { sessionExpiryInterval: 100, receiveMaximum: 3, topicAliasMaximum: 2, maximumPacketSize: 100 },
    },
    { ...publish, qos: 0, packetId: undefined, properties: { topicAlias: 1 } },
    { ...publish, qos: 1, packetId: idOf(1), retain: true, properties: { userProperties: [['a', 'b']] } },
    { ...publish, qos: 2, packetId: idOf(2), properties: { messageExpiryInterval: 1, responseTopic: 'answer' } },
    ...acknowledgements,
    {
      kind: 'subscribe',
      packetId: idOf(3),
      subscriptions: [
        { filter: topicFilter('ac/hostile/set/#'), qos: 2, ...options },
        { filter: topicFilter('$share/g/ac/hostile/set/+'), qos: 1, ...options },
      ],
      properties: { subscriptionIdentifiers: [7] },
    },
    { kind: 'unsubscribe', packetId: idOf(4), filters: [topicFilter('ac/hostile/set/#')], properties },
    { kind: 'pingreq' },
    ...(version === 5
      ? [{ kind: 'auth', reason: 0x19, properties: { ...properties, authenticationMethod: 'other' } } as const]
      : []),
    { kind: 'disconnect', reason: 0, properties: { sessionExpiryInterval: 5 } },
  ];
}
