/** Bytes that an application writes at once for a small PUBLISH: topic, payload and MQTT's own fields. */
export const PUBLISH_LENGTH = 64;
