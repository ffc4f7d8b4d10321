/** The largest value of a variable byte integer: four bytes of seven bits [MQTT-1.5.5-1]. */
export const VARIABLE_INTEGER_MAX = 268_435_455;
/** A UTF-8 string or binary field carries a 16-bit length. */
export const FIELD_LENGTH_MAX = 65_535;
/** Levels of a topic that the codec takes at most; deeper ones only serve to exhaust a tree or a stack. */
export const TOPIC_LEVELS_MAX = 128;
/** Bytes of a topic that the codec takes at most: real topics stay far below, and every one is stored and compared. */
export const TOPIC_LENGTH_MAX = 4096;
/** User properties in one packet: the only property that may repeat without end, so the one that can burn time. */
export const USER_PROPERTIES_MAX = 128;
/** Filters in one SUBSCRIBE or UNSUBSCRIBE: each is stored and answered with a byte. */
export const FILTERS_MAX = 1024;
