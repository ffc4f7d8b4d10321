import assert from 'node:assert/strict';
import { NO_PROPERTIES, type PublishPacket, type ServerPacket } from '@keystile/mqtt';
import { type Client, idOf, textOf } from '../support/client.ts';
import type { World } from '../support/world.ts';

/** A message by a shared filter, which its subscription identifier tells. */
export interface SeenShared {
  readonly payload: string;
  readonly identifier: number;
  readonly qos: number;
}

/** What reached the application of a client, in order, each message once. */
export interface Seen {
  readonly zero: string[];
  readonly above: string[];
  readonly retained: string[];
  readonly shared: SeenShared[];
}

/**
 * A client that behaves as the standard wants, but as slowly as the test wants: it answers when told to. Its session state
 * outlives its connections as long as the broker says that the session is present.
 */
export class ModelClient {
  readonly name: string;
  readonly #world: World;
  readonly #sharedFrom: number;
  #connection: Client | undefined;
  #answers: ServerPacket[] = [];
  /** What comes is lost from now on, until the next connection. */
  isDeaf = false;
  /** QoS 2 messages that were received and whose PUBREL has not come. */
  #received = new Set<number>();
  #seenOnce = new Set<string>();
  seen: Seen = emptySeen();
  /** Own QoS 2 publishes without PUBCOMP, and what the broker has said of them. */
  readonly outgoing = new Map<number, 'published' | 'recorded'>();

  /** `sharedFrom`: subscription identifiers from here on belong to shared filters. */
  constructor(name: string, world: World, sharedFrom: number) {
    this.name = name;
    this.#world = world;
    this.#sharedFrom = sharedFrom;
  }

  get connection(): Client | undefined {
    return this.#connection?.isClosed === false ? this.#connection : undefined;
  }

  connected(connection: Client): void {
    this.#connection = connection;
    this.#answers = [];
    this.isDeaf = false;
    if (connection.connack?.sessionPresent !== true) this.forget();
    this.read();
  }

  /** The session is gone, on both sides. */
  forget(): void {
    this.#received = new Set();
    this.#seenOnce = new Set();
    this.seen = emptySeen();
    this.outgoing.clear();
  }

  /** Takes in what has arrived; answers wait for `answer`. */
  read(): void {
    for (const packet of this.connection?.take() ?? []) {
      if (this.isDeaf && !isForgotten(packet)) continue;
      if (packet.kind === 'publish') this.#receive(packet);
      else if (packet.kind === 'pubrel') this.#received.delete(packet.packetId);
      else if (packet.kind === 'pubrec') this.outgoing.set(packet.packetId, 'recorded');
      else if (packet.kind === 'pubcomp') this.outgoing.delete(packet.packetId);
      if (packet.kind === 'publish' || packet.kind === 'pubrel') this.#answers.push(packet);
    }
  }

  /** Answers the oldest `count` of what waits for it. */
  answer(count: number): void {
    for (const packet of this.#answers.splice(0, count)) {
      if (packet.kind === 'pubrel') this.connection?.acknowledge('pubcomp', packet.packetId);
      else if (packet.kind === 'publish' && packet.packetId !== undefined) {
        this.connection?.acknowledge(packet.qos === 1 ? 'puback' : 'pubrec', packet.packetId);
      }
    }
    this.read();
  }

  get waits(): boolean {
    return this.#answers.length > 0;
  }

  publishHalf(topic: string, packetId: number, payload: string, dup: boolean): void {
    this.connection?.publish(topic, { qos: 2, packetId, payload, dup });
  }

  release(packetId: number): void {
    this.connection?.send({ kind: 'pubrel', packetId: idOf(packetId), reason: 0, properties: NO_PROPERTIES });
    this.outgoing.delete(packetId);
  }

  #receive(message: PublishPacket): void {
    const payload = textOf(message);
    const { packetId, qos, dup, retain } = message;
    if (packetId !== undefined && qos === 2) {
      if (this.#received.has(packetId)) {
        assert.ok(dup, `${payload} came again without DUP`);
        return;
      }
      this.#received.add(packetId);
    }
    const identifiers = message.properties.subscriptionIdentifiers ?? [];
    const shared = identifiers.find((identifier) => identifier >= this.#sharedFrom);
    const key = `${packetId} ${payload}`;
    // QoS 1 may come again after a reconnect; QoS 2 may not, and is caught above or here.
    if (qos === 1 && dup && this.#seenOnce.has(key)) return;
    this.#seenOnce.add(key);
    this.#checkExpiry(payload, message);
    if (shared !== undefined) this.seen.shared.push({ payload, identifier: shared, qos });
    else if (retain) this.seen.retained.push(payload);
    else this.seen[qos === 0 ? 'zero' : 'above'].push(payload);
  }

  /** A payload ends with the moment of its expiry: `…@123`. */
  #checkExpiry(payload: string, { dup, properties }: PublishPacket): void {
    const expiresAtMs = Number(/@(\d+)$/.exec(payload)?.[1] ?? Number.POSITIVE_INFINITY);
    if (dup || expiresAtMs === Number.POSITIVE_INFINITY) return;
    assert.ok(this.#world.nowMs < expiresAtMs, `${payload} came after its expiry`);
    if (this.connection?.version === 5) {
      assert.equal(properties.messageExpiryInterval, Math.ceil((expiresAtMs - this.#world.nowMs) / 1000), payload);
    }
  }
}

/** QoS 0 is what the broker does not send again, so it counts as seen also when it was lost. */
function isForgotten(packet: ServerPacket): boolean {
  return packet.kind === 'publish' && packet.qos === 0;
}

function emptySeen(): Seen {
  return { zero: [], above: [], retained: [], shared: [] };
}
