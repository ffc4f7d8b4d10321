import type { Packet } from './packet.ts';
import { writeAuth } from './packets/auth.ts';
import { writeConnack } from './packets/connack.ts';
import { writeConnect } from './packets/connect.ts';
import { writeDisconnect } from './packets/disconnect.ts';
import { writePingreq } from './packets/pingreq.ts';
import { writePingresp } from './packets/pingresp.ts';
import { writePuback } from './packets/puback.ts';
import { writePubcomp } from './packets/pubcomp.ts';
import { writePublish } from './packets/publish.ts';
import { writePubrec } from './packets/pubrec.ts';
import { writePubrel } from './packets/pubrel.ts';
import { writeSuback } from './packets/suback.ts';
import { writeSubscribe } from './packets/subscribe.ts';
import { writeUnsuback } from './packets/unsuback.ts';
import { writeUnsubscribe } from './packets/unsubscribe.ts';
import type { ProtocolVersion } from './protocol.ts';

/** One packet in a buffer of its own. A value that does not fit its field is misuse and throws `RangeError`. */
export function encodePacket(packet: Packet, version: ProtocolVersion): Uint8Array {
  switch (packet.kind) {
    case 'publish':
      return writePublish(packet, version);
    case 'puback':
      return writePuback(packet, version);
    case 'pubrec':
      return writePubrec(packet, version);
    case 'pubrel':
      return writePubrel(packet, version);
    case 'pubcomp':
      return writePubcomp(packet, version);
    case 'connect':
      return writeConnect(packet);
    case 'connack':
      return writeConnack(packet, version);
    case 'subscribe':
      return writeSubscribe(packet, version);
    case 'suback':
      return writeSuback(packet, version);
    case 'unsubscribe':
      return writeUnsubscribe(packet, version);
    case 'unsuback':
      return writeUnsuback(packet, version);
    case 'pingreq':
      return writePingreq();
    case 'pingresp':
      return writePingresp();
    case 'disconnect':
      return writeDisconnect(packet, version);
    case 'auth':
      if (version !== 5) throw new RangeError(`version ${version} has no AUTH`);
      return writeAuth(packet);
  }
}
