import type { PacketId, TopicFilter, TopicName } from '@keystile/mqtt';
import { RETAINED_STEPS_MAX } from '../limits.ts';
import { isExpired, messageSize } from '../message.ts';
import type { Delivery, Held, InFlight, StoredSession } from '../store/store.ts';
import type { RetainedFeed } from '../topics/router.ts';
import type { Standing } from '../topics/shared-group.ts';
import { PacketIds } from './packet-ids.ts';
import type { QueueBudget } from './queue-budget.ts';

/** How a message leaves on a connection. */
export interface Sending {
  readonly packetId: PacketId | undefined;
  readonly dup: boolean;
  readonly nowMs: number;
}

/** The connection as a session sees it. */
export interface DeliveryChannel {
  /** How many QoS 1 and 2 messages may be in flight: the receive maximum of the client, within our own limit. */
  readonly window: number;
  /** Name of the listener that the client came by. */
  readonly listener: string;
  /** True while the transport is full, or enough for one turn waits for it. */
  readonly congested: boolean;
  /** False when the message was larger than the client takes and was discarded instead [MQTT-3.1.2-25]. */
  publish(delivery: Delivery, sending: Sending): boolean;
  release(packetId: PacketId): void;
  /** Asks for `takeTurn`, soon: the session has more than it may do at once. */
  askForTurn(): void;
  /** Another connection takes the session. */
  displace(nowMs: number): void;
}

export interface QueueLimits {
  readonly queuedMessagesMax: number;
  readonly queuedBytesMax: number;
}

export interface SessionOptions {
  readonly limits: QueueLimits;
  /** Shared by all sessions. */
  readonly budget: QueueBudget;
  /** Asked about what was accepted some time ago: the rules may have changed since. */
  readonly mayReceive: (session: Session, topic: TopicName) => boolean;
  /** Told when a message was dropped and none before it since the last `takeDropped`. */
  readonly onDropped: (session: Session) => void;
}

/**
 * Delivers to one client: what can go out goes out, the rest waits in the stored queue, within its limits.
 *
 *   deliver ──► window free and transport willing? ──► in flight ──► done by PUBACK or PUBCOMP
 *                        └ no ─► queue ─────────────────▲ (pump)
 *   feed ─────► retained messages, read when the queue is empty ──┘
 *
 * It does not know packets or topics; it lives as long as the session, with or without a channel.
 */
export class Session {
  readonly stored: StoredSession;
  readonly #options: SessionOptions;
  readonly #ids = new PacketIds();
  /** In flight messages of an earlier connection that have not been sent again. */
  #unsent: PacketId[] = [];
  /**
   * Publishes sent on this connection and not done: what counts against the window. A PUBREL that is only sent again
   * does not (§4.9), and so is never held back by it [MQTT-3.3.4-10].
   */
  readonly #outstanding = new Set<PacketId>();
  #channel: DeliveryChannel | undefined;
  #dropped = 0;
  /** Bytes that wait here as the budget knows them. */
  #budgeted = 0;
  /** Retained messages for new subscriptions. They stay in the store until there is room, so they never overflow a queue. */
  readonly #feeds = new Map<TopicFilter, RetainedFeed>();

  constructor(stored: StoredSession, options: SessionOptions) {
    this.stored = stored;
    this.#options = options;
    this.#updateBudget();
  }

  get connected(): boolean {
    return this.#channel !== undefined;
  }

  /** What a shared group may expect of this member. */
  get standing(): Standing {
    const channel = this.#channel;
    if (channel === undefined) return 'absent';
    const isFree = !channel.congested && this.#hasWindow(channel) && this.stored.queue.count === 0;
    return isFree ? 'ready' : 'busy';
  }

  /** Where the client is connected, if it is. */
  get listener(): string | undefined {
    return this.#channel?.listener;
  }

  /** Whether the queue takes one more without dropping another. */
  hasRoomFor({ message }: Delivery): boolean {
    const { queue } = this.stored;
    const { queuedMessagesMax, queuedBytesMax } = this.#options.limits;
    if (queue.count >= queuedMessagesMax) return false;
    const size = messageSize(message);
    return queue.count === 0 || (queue.bytes + size <= queuedBytesMax && this.#options.budget.hasRoomFor(size));
  }

  /** Messages dropped because the queue was full, since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** On a resumed session all that was in flight is sent again, in order, before anything new [MQTT-4.4.0-1]. */
  attach(channel: DeliveryChannel, nowMs: number): void {
    this.#channel = channel;
    this.#outstanding.clear();
    this.#unsent = Array.from(this.stored.inFlight.all(), (entry) => entry.packetId);
    this.pump(nowMs);
  }

  detach(): void {
    this.#channel = undefined;
    this.#unsent = [];
  }

  /** Ends the connection that the session has, if any [MQTT-3.1.4-3]. */
  displace(nowMs: number): void {
    this.#channel?.displace(nowMs);
  }

  deliver(delivery: Delivery, nowMs: number): void {
    // An interval of 0 has passed already [MQTT-3.3.2-5].
    if (isExpired(delivery.message, nowMs)) return;
    const channel = this.#channel;
    if (delivery.qos === 0) {
      if (channel === undefined) return;
      // One that is queued goes first: QoS 0 keeps its own order.
      if (!channel.congested && this.stored.queue.qos0Count === 0) {
        channel.publish(delivery, { packetId: undefined, dup: false, nowMs });
        return;
      }
    }
    if (!this.#makeRoom(delivery, nowMs)) {
      this.#noteDropped();
      return;
    }
    this.stored.queue.push(delivery);
    this.#updateBudget();
    this.pump(nowMs);
  }

  /** Reads the retained messages for a subscription as the client takes them, from the next turn on. */
  feed(filter: TopicFilter, retained: RetainedFeed): void {
    this.#feeds.set(filter, retained);
    if (this.#channel !== undefined) this.#askForMore(this.#channel);
  }

  endFeed(filter: TopicFilter): void {
    this.#feeds.delete(filter);
  }

  /** Keeps a QoS 2 message of the client until its release. */
  hold(held: Held): void {
    this.stored.held.set(held);
    this.#updateBudget();
  }

  /** The client released it. */
  release(packetId: PacketId): void {
    this.stored.held.delete(packetId);
    this.#updateBudget();
  }

  /** Whether the process can take so many bytes more, for this session or another. */
  processHasRoomFor(bytes: number): boolean {
    return this.#options.budget.hasRoomFor(bytes);
  }

  /** Removes what waits and may no longer be read. */
  purge(): void {
    this.stored.queue.discard(({ message }) => !this.#options.mayReceive(this, message.topic));
    this.#updateBudget();
  }

  /**
   * Offers what came by shared filters to others, who are told by `offer`, and keeps what nobody takes. What was sent may
   * have been received: at QoS 1 that is no obstacle, once the session is over; at QoS 2 nobody else may get it [MQTT-4.8.2-5].
   */
  handOver(offer: (delivery: Delivery, filter: TopicFilter) => boolean, isOver: boolean): void {
    const isTaken = (delivery: Delivery): boolean =>
      delivery.shared !== undefined && delivery.qos > 0 && offer(delivery, delivery.shared);
    if (isOver) {
      for (const entry of [...this.stored.inFlight.all()]) {
        if (entry.kind === 'published' && entry.delivery.qos === 1 && isTaken(entry.delivery)) {
          this.stored.inFlight.delete(entry.packetId);
        }
      }
    }
    if (this.stored.queue.count > 0) this.stored.queue.discard(isTaken);
    this.#updateBudget();
  }

  /** The session is over. */
  close(): void {
    this.stored.queue.discard(() => true);
    this.#feeds.clear();
    this.#options.budget.add(-this.#budgeted);
    this.#budgeted = 0;
  }

  /** Sends what may be sent now. */
  pump(nowMs: number): void {
    const channel = this.#channel;
    if (channel === undefined) return;
    this.#resend(channel, nowMs);
    this.#sendQueued(channel, nowMs);
    this.#askForMore(channel);
  }

  /** Sends what may be sent now and goes on with retained messages: a bounded piece of work, once in a turn. */
  takeTurn(nowMs: number): void {
    const channel = this.#channel;
    if (channel === undefined) return;
    this.#resend(channel, nowMs);
    this.#sendQueued(channel, nowMs);
    if (this.stored.queue.count === 0) this.#sendFed(channel, nowMs);
    this.#askForMore(channel);
  }

  /** PUBACK, PUBCOMP, or a PUBREC that refuses: the message is done. */
  finish(packetId: PacketId, nowMs: number): void {
    if (this.stored.inFlight.find(packetId) === undefined) return;
    this.stored.inFlight.delete(packetId);
    const unsentAt = this.#unsent.indexOf(packetId);
    if (unsentAt >= 0) this.#unsent.splice(unsentAt, 1);
    this.#outstanding.delete(packetId);
    this.pump(nowMs);
  }

  /** PUBREC: the body is no longer needed, the identifier is until PUBCOMP [MQTT-4.3.3-7]. */
  received(packetId: PacketId): void {
    if (this.stored.inFlight.find(packetId) !== undefined) this.stored.inFlight.set({ kind: 'released', packetId });
  }

  #resend(channel: DeliveryChannel, nowMs: number): void {
    const waiting: PacketId[] = [];
    for (const packetId of this.#unsent) {
      const entry = this.stored.inFlight.find(packetId);
      if (entry === undefined) continue;
      if (channel.congested || (entry.kind === 'published' && !this.#hasWindow(channel))) waiting.push(packetId);
      else if (entry.kind === 'released') channel.release(packetId);
      else {
        this.#outstanding.add(packetId);
        if (!this.#sendAgain(channel, entry, nowMs)) this.#abandon(packetId);
      }
    }
    this.#unsent = waiting;
  }

  #sendAgain(
    channel: DeliveryChannel,
    { packetId, delivery }: InFlight & { kind: 'published' },
    nowMs: number,
  ): boolean {
    if (!this.#options.mayReceive(this, delivery.message.topic)) return false;
    return channel.publish(delivery, { packetId, dup: true, nowMs });
  }

  #sendQueued(channel: DeliveryChannel, nowMs: number): void {
    const { queue } = this.stored;
    for (let next = queue.peek(); next !== undefined && !channel.congested; next = queue.peek()) {
      if (next.qos > 0 && !this.#hasWindow(channel)) break;
      queue.shift();
      if (!isExpired(next.message, nowMs)) this.#send(channel, next, nowMs);
    }
    this.#updateBudget();
  }

  #sendFed(channel: DeliveryChannel, nowMs: number): void {
    let steps = 0;
    for (const [filter, retained] of this.#feeds) {
      while (!channel.congested && this.#hasWindow(channel)) {
        if (steps === RETAINED_STEPS_MAX) return;
        steps += 1;
        const { value: delivery, done } = retained.next(nowMs);
        if (done === true) {
          this.#feeds.delete(filter);
          break;
        }
        if (delivery !== undefined) this.#send(channel, delivery, nowMs);
      }
    }
  }

  /** An acknowledgement goes on by itself where the window is what stops. */
  #askForMore(channel: DeliveryChannel): void {
    const isQueued = this.#unsent.length > 0 || this.stored.queue.count > 0;
    const isFed = this.#feeds.size > 0;
    const feedsWait = isFed && !isQueued && this.#hasWindow(channel);
    if (feedsWait || (channel.congested && (isQueued || isFed))) channel.askForTurn();
  }

  #send(channel: DeliveryChannel, delivery: Delivery, nowMs: number): void {
    if (delivery.qos === 0) {
      channel.publish(delivery, { packetId: undefined, dup: false, nowMs });
      return;
    }
    const packetId = this.#ids.next((id) => this.stored.inFlight.find(id) !== undefined);
    // The window is smaller than the number of identifiers, so there is a free one.
    if (packetId === undefined) return;
    this.stored.inFlight.set({ kind: 'published', packetId, delivery });
    this.#outstanding.add(packetId);
    if (!channel.publish(delivery, { packetId, dup: false, nowMs })) this.#abandon(packetId);
  }

  #abandon(packetId: PacketId): void {
    this.stored.inFlight.delete(packetId);
    this.#outstanding.delete(packetId);
  }

  #hasWindow(channel: DeliveryChannel): boolean {
    return this.#outstanding.size < channel.window;
  }

  /** What has expired goes first, then QoS 0: it is what may be lost. Without any left, the newcomer is refused. */
  #makeRoom(delivery: Delivery, nowMs: number): boolean {
    const { queue } = this.stored;
    while (!this.hasRoomFor(delivery)) {
      const oldest = queue.peek();
      if (oldest !== undefined && isExpired(oldest.message, nowMs)) queue.shift();
      else if (delivery.qos === 0 || !queue.dropOldestQos0()) return false;
      else this.#noteDropped();
      this.#updateBudget();
    }
    return true;
  }

  #updateBudget(): void {
    const bytes = this.stored.queue.bytes + this.stored.held.bytes;
    if (bytes === this.#budgeted) return;
    this.#options.budget.add(bytes - this.#budgeted);
    this.#budgeted = bytes;
  }

  #noteDropped(): void {
    this.#dropped += 1;
    if (this.#dropped === 1) this.#options.onDropped(this);
  }
}
