/** The topics of one unit. */
export interface Topics {
  readonly state: string;
  readonly availability: string;
  readonly refused: string;
  /** Filter for every set topic. */
  readonly set: string;
  readonly timeRequest: string;
  readonly time: string;
}

export function topicsOf(id: string): Topics {
  return {
    state: `ac/${id}/state`,
    availability: `ac/${id}/availability`,
    refused: `ac/${id}/refused`,
    set: `ac/${id}/set/+`,
    timeRequest: `$keystile/${id}/time/request`,
    time: `$keystile/${id}/time`,
  };
}

/** The last level of a set topic, or undefined for any other topic. */
export function settingOf(id: string, topic: string): string | undefined {
  const prefix = `ac/${id}/set/`;
  return topic.startsWith(prefix) ? topic.slice(prefix.length) : undefined;
}
