/** Protocol levels as CONNECT carries them: 3 is MQTT 3.1, 4 is MQTT 3.1.1, 5 is MQTT 5.0. */
export type ProtocolVersion = 3 | 4 | 5;

export type QoS = 0 | 1 | 2;

/** Control packet types (MQTT 5.0 §2.1.2): the high nibble of the first byte. */
export const PacketType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const;

export type PacketKind = keyof typeof PacketType;

const kinds = Object.keys(PacketType) as readonly PacketKind[];

/** The kind of a type nibble; type 0 is reserved and has none. */
export function packetKind(type: number): PacketKind | undefined {
  return kinds[type - 1];
}
