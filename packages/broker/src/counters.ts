import { type PacketKind, packetKind } from '@keystile/mqtt';

/**
 * What has happened since the broker began, in plain numbers that only grow. Whoever shows them reads them; nothing
 * here formats, samples or sends.
 */
export class Counters {
  connectionsOpened = 0;
  /** CONNECTs that were accepted. */
  clientsAdmitted = 0;
  /** Messages that were published, wills included, and not refused. */
  messagesPublished = 0;
  /** Sessions that messages were given to: one message may count many times. */
  messagesRouted = 0;
  /** Messages that a full queue lost. */
  messagesDropped = 0;
  bytesReceived = 0;
  bytesSent = 0;
  readonly packetsReceived: Record<PacketKind, number> = noPackets();
  readonly packetsSent: Record<PacketKind, number> = noPackets();

  /** One encoded packet. */
  noteSent(bytes: Uint8Array): void {
    this.bytesSent += bytes.length;
    const kind = packetKind((bytes[0] ?? 0) >> 4);
    if (kind !== undefined) this.packetsSent[kind] += 1;
  }
}

/** What there is at one moment. */
export interface Census {
  readonly connections: number;
  readonly sessions: number;
  readonly retainedMessages: number;
  readonly retainedBytes: number;
  readonly queuedBytes: number;
}

function noPackets(): Record<PacketKind, number> {
  return {
    connect: 0,
    connack: 0,
    publish: 0,
    puback: 0,
    pubrec: 0,
    pubrel: 0,
    pubcomp: 0,
    subscribe: 0,
    suback: 0,
    unsubscribe: 0,
    unsuback: 0,
    pingreq: 0,
    pingresp: 0,
    disconnect: 0,
    auth: 0,
  };
}
