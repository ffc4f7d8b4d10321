import type { PacketId } from '@keystile/mqtt';
import { isExpired, messageSize } from '../message.ts';
import type { Delivery, StoredSession } from '../store/store.ts';
import { PacketIds } from './packet-ids.ts';

/** The connection as a session sees it. */
export interface DeliveryChannel {
  /** How many QoS 1 and 2 messages may be in flight: the receive maximum of the client, within our own limit. */
  readonly window: number;
  /** True while the transport is full. */
  readonly congested: boolean;
  /** False when the message was larger than the client takes and was discarded instead [MQTT-3.1.2-25]. */
  publish(delivery: Delivery, send: { readonly packetId: PacketId | undefined; readonly dup: boolean }): boolean;
  release(packetId: PacketId): void;
}

export interface QueueLimits {
  readonly queuedMessagesMax: number;
  readonly queuedBytesMax: number;
}

/**
 * Delivers to one client: what can go out goes out, the rest waits in the stored queue, within its limits.
 *
 *   deliver ──► window free and transport willing? ──► in flight ──► done by PUBACK or PUBCOMP
 *                        └ no ─► queue ─────────────────▲ (pump)
 *
 * It does not know packets or topics; it lives as long as the session, with or without a channel.
 */
export class Session {
  readonly stored: StoredSession;
  readonly #limits: QueueLimits;
  readonly #ids = new PacketIds();
  /** In flight messages of an earlier connection that have not been sent again. */
  #unsent: PacketId[] = [];
  /** Messages sent on this connection and not done: what counts against the window. */
  #outstanding = 0;
  #channel: DeliveryChannel | undefined;
  #dropped = 0;

  constructor(stored: StoredSession, limits: QueueLimits) {
    this.stored = stored;
    this.#limits = limits;
  }

  get connected(): boolean {
    return this.#channel !== undefined;
  }

  /** Whether a QoS 1 message could leave now: what a shared group prefers. */
  get ready(): boolean {
    const channel = this.#channel;
    return (
      channel !== undefined && !channel.congested && this.#outstanding < channel.window && this.stored.queue.count === 0
    );
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
    this.#outstanding = 0;
    this.#unsent = Array.from(this.stored.inFlight.all(), (entry) => entry.packetId);
    this.pump(nowMs);
  }

  detach(): void {
    this.#channel = undefined;
    this.#unsent = [];
  }

  deliver(delivery: Delivery, nowMs: number): void {
    const channel = this.#channel;
    if (delivery.qos === 0) {
      if (channel === undefined) return;
      if (!channel.congested) {
        channel.publish(delivery, { packetId: undefined, dup: false });
        return;
      }
    }
    if (!this.#makeRoom(delivery)) {
      this.#dropped += 1;
      return;
    }
    this.stored.queue.push(delivery);
    this.pump(nowMs);
  }

  /** Sends what may be sent now. */
  pump(nowMs: number): void {
    const channel = this.#channel;
    if (channel === undefined) return;
    this.#resend(channel);
    const { queue } = this.stored;
    for (let next = queue.peek(); next !== undefined && !channel.congested; next = queue.peek()) {
      if (next.qos > 0 && this.#outstanding >= channel.window) return;
      queue.shift();
      if (isExpired(next.message, nowMs)) continue;
      if (next.qos === 0) channel.publish(next, { packetId: undefined, dup: false });
      else if (!this.#launch(channel, next)) return;
    }
  }

  /** PUBACK, PUBCOMP, or a PUBREC that refuses: the message is done. */
  finish(packetId: PacketId, nowMs: number): void {
    if (this.stored.inFlight.find(packetId) === undefined) return;
    this.stored.inFlight.delete(packetId);
    const unsentAt = this.#unsent.indexOf(packetId);
    if (unsentAt >= 0) this.#unsent.splice(unsentAt, 1);
    else this.#outstanding -= 1;
    this.pump(nowMs);
  }

  /** PUBREC: the body is no longer needed, the identifier is until PUBCOMP [MQTT-4.3.3-7]. */
  received(packetId: PacketId): void {
    if (this.stored.inFlight.find(packetId) !== undefined) this.stored.inFlight.set({ kind: 'released', packetId });
  }

  #resend(channel: DeliveryChannel): void {
    while (!channel.congested && this.#outstanding < channel.window) {
      const packetId = this.#unsent.shift();
      if (packetId === undefined) return;
      const entry = this.stored.inFlight.find(packetId);
      if (entry === undefined) continue;
      this.#outstanding += 1;
      if (entry.kind === 'released') channel.release(entry.packetId);
      else if (!channel.publish(entry.delivery, { packetId: entry.packetId, dup: true })) this.#abandon(entry.packetId);
    }
  }

  #launch(channel: DeliveryChannel, delivery: Delivery): boolean {
    const packetId = this.#ids.next((id) => this.stored.inFlight.find(id) !== undefined);
    if (packetId === undefined) return false;
    this.stored.inFlight.set({ kind: 'published', packetId, delivery });
    this.#outstanding += 1;
    if (!channel.publish(delivery, { packetId, dup: false })) this.#abandon(packetId);
    return true;
  }

  #abandon(packetId: PacketId): void {
    this.stored.inFlight.delete(packetId);
    this.#outstanding -= 1;
  }

  /** QoS 0 goes first: it is what may be lost. Without any left, the newcomer is refused. */
  #makeRoom(delivery: Delivery): boolean {
    const { queue } = this.stored;
    const size = messageSize(delivery.message);
    while (
      queue.count >= this.#limits.queuedMessagesMax ||
      (queue.count > 0 && queue.bytes + size > this.#limits.queuedBytesMax)
    ) {
      if (delivery.qos === 0 || !queue.dropOldestQos0()) return false;
      this.#dropped += 1;
    }
    return true;
  }
}
