import { parseTopicName } from '@keystile/mqtt';
import type { Broker } from '../broker.ts';

/**
 * The broker's own numbers as messages, for whoever the rules let subscribe to `$SYS/…`. They are of the broker as a
 * whole, never of a client, and are not retained: the next ones come within `SYSTEM_TOPICS_MS`.
 */
export const SYSTEM_TOPICS_MS = 10_000;

export function publishSystemTopics(
  broker: Broker,
  { nowMs, startedAtMs }: { nowMs: number; startedAtMs: number },
): void {
  const { counters } = broker;
  const census = broker.census();
  const values = {
    uptime: Math.floor((nowMs - startedAtMs) / 1000),
    'clients/connected': census.connections,
    'clients/total': census.sessions,
    'messages/received': counters.packetsReceived.publish,
    'messages/sent': counters.packetsSent.publish,
    'messages/dropped': counters.messagesDropped,
    'bytes/received': counters.bytesReceived,
    'bytes/sent': counters.bytesSent,
    'retained/count': census.retainedMessages,
    'queued/bytes': census.queuedBytes,
  };
  for (const [name, value] of Object.entries(values)) {
    const topic = parseTopicName(`$SYS/broker/${name}`);
    if (topic !== undefined) broker.announce(topic, Buffer.from(String(value)), nowMs);
  }
}
