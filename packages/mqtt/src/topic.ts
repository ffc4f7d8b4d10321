import { FIELD_LENGTH_MAX, TOPIC_LENGTH_MAX, TOPIC_LEVELS_MAX } from './limits.ts';
import { isWellFormedText } from './text.ts';

declare const topicName: unique symbol;
declare const topicFilter: unique symbol;
declare const packetId: unique symbol;

/** A topic that can be published to: not empty, no wildcard, within the limits [MQTT-3.3.2-2, -4.7.3-1]. */
export type TopicName = string & { readonly [topicName]: true };
/** A topic filter: wildcards only as whole levels, `#` only as the last [MQTT-4.7.1-1, -2]. */
export type TopicFilter = string & { readonly [topicFilter]: true };
/** A packet identifier: 1 to 65,535 [MQTT-2.2.1-3]. */
export type PacketId = number & { readonly [packetId]: true };

export function parseTopicName(text: string): TopicName | undefined {
  if (!isTopicText(text) || text.includes('+') || text.includes('#')) return undefined;
  return text as TopicName;
}

export function parseTopicFilter(text: string): TopicFilter | undefined {
  if (!isTopicText(text) || !wildcardsStandAlone(text)) return undefined;
  if (text.startsWith(SHARE_PREFIX) || text === '$share') {
    if (splitShared(text) === undefined) return undefined;
  }
  return text as TopicFilter;
}

export function parsePacketId(value: number): PacketId | undefined {
  return Number.isInteger(value) && value > 0 && value <= FIELD_LENGTH_MAX ? (value as PacketId) : undefined;
}

export const SHARE_PREFIX = '$share/';

/** A shared subscription `$share/<group>/<filter>` (MQTT 5.0 §4.8.2) in its two parts. */
export interface SharedFilter {
  readonly group: string;
  readonly filter: TopicFilter;
}

/** The parts of a shared filter; undefined for a filter that is not shared. */
export function sharedFilter(filter: TopicFilter): SharedFilter | undefined {
  return filter.startsWith(SHARE_PREFIX) ? splitShared(filter) : undefined;
}

function splitShared(text: string): SharedFilter | undefined {
  const slash = text.indexOf('/', SHARE_PREFIX.length);
  if (slash <= SHARE_PREFIX.length) return undefined;
  const group = text.slice(SHARE_PREFIX.length, slash);
  const filter = text.slice(slash + 1);
  // The share name holds no wildcard and the filter is not empty [MQTT-4.8.2-1, -2]. A share within a share would read
  // as one when its filter is looked at alone.
  if (group.includes('+') || group.includes('#') || filter.length === 0) return undefined;
  if (filter.startsWith(SHARE_PREFIX)) return undefined;
  return { group, filter: filter as TopicFilter };
}

function wildcardsStandAlone(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit !== 0x2b && unit !== 0x23) continue;
    if (at > 0 && text[at - 1] !== '/') return false;
    if (unit === 0x23 ? at !== text.length - 1 : at < text.length - 1 && text[at + 1] !== '/') return false;
  }
  return true;
}

function isTopicText(text: string): boolean {
  const { length } = text;
  if (length === 0 || length > TOPIC_LENGTH_MAX) return false;
  let levels = 1;
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit > 0x7e) return !exceedsTopicLimits(text) && isWellFormedText(text);
    if (unit === 0x2f) levels += 1;
  }
  return levels <= TOPIC_LEVELS_MAX;
}

/** Whether a topic is refused for its size alone: MQTT has it, this codec does not take it. */
export function exceedsTopicLimits(text: string): boolean {
  if (text.length > TOPIC_LENGTH_MAX) return true;
  let levels = 1;
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x2f) levels += 1;
    // A surrogate pair is two units and four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return levels > TOPIC_LEVELS_MAX || bytes > TOPIC_LENGTH_MAX;
}
