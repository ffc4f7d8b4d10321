import { FIELD_LENGTH_MAX, type PacketId, parsePacketId } from '@keystile/mqtt';

/** Gives out packet identifiers in turn, skipping those in use [MQTT-2.2.1-3]. */
export class PacketIds {
  #last = 0;

  /** Undefined when all 65,535 are in use. */
  next(inUse: (id: PacketId) => boolean): PacketId | undefined {
    for (let tries = 0; tries < FIELD_LENGTH_MAX; tries++) {
      this.#last = (this.#last % FIELD_LENGTH_MAX) + 1;
      const id = parsePacketId(this.#last);
      if (id !== undefined && !inUse(id)) return id;
    }
    return undefined;
  }
}
