import { KnownTexts } from '../known-texts.ts';
import type { PacketReader } from '../reader.ts';
import { exceedsTopicLimits, parseTopicFilter, parseTopicName, type TopicFilter, type TopicName } from '../topic.ts';

const knownNames = new KnownTexts();
const knownFilters = new KnownTexts();

/** A topic name, or undefined for an empty string: what that means depends on the packet [MQTT-3.3.2-2]. */
export function readTopicName(reader: PacketReader): TopicName | undefined {
  const known = reader.knownText(knownNames);
  if (known !== undefined) return known as TopicName;
  const text = reader.text();
  if (text === '') return undefined;
  const topic = parseTopicName(text);
  if (topic !== undefined) {
    knownNames.add(topic);
    return topic;
  }
  if (exceedsTopicLimits(text)) throw reader.fault('topic-limit', 'the topic is longer or deeper than is taken');
  throw reader.fault('topic-name', 'not a topic name [MQTT-3.3.2-2]');
}

/** A topic filter is never empty [MQTT-4.7.3-1]. */
export function readTopicFilter(reader: PacketReader): TopicFilter {
  const known = reader.knownText(knownFilters);
  if (known !== undefined) return known as TopicFilter;
  const text = reader.text();
  const filter = parseTopicFilter(text);
  if (filter !== undefined) {
    knownFilters.add(filter);
    return filter;
  }
  if (exceedsTopicLimits(text)) throw reader.fault('topic-limit', 'the filter is longer or deeper than is taken');
  throw reader.fault('topic-filter', 'not a topic filter [MQTT-4.7.1-1]');
}
