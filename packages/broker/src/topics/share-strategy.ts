/**
 * How a shared subscription chooses the member for a message, of those that can take it:
 *
 * - `round-robin`: in turn, so that all get the same share.
 * - `hash`: by the topic, so that one member gets all messages of a topic, in their order, for as long as the group stays
 *   the same. A busy member is waited for; one that is away is replaced by the next.
 * - `local-first`: a member on the listener that the message came by, in turn; when none of them can take it, as above.
 */
export const shareStrategies = ['round-robin', 'hash', 'local-first'] as const;

export type ShareStrategy = (typeof shareStrategies)[number];

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a over UTF-16 units: it only has to spread. Whoever chooses topics may choose a member, which is no secret. */
export function hashOf(topic: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < topic.length; at++) hash = Math.imul(hash ^ topic.charCodeAt(at), FNV_PRIME);
  return hash >>> 0;
}
