import type { AuthPacket } from './packets/auth.ts';
import type { ConnackPacket } from './packets/connack.ts';
import type { ConnectPacket } from './packets/connect.ts';
import type { DisconnectPacket } from './packets/disconnect.ts';
import type { PingreqPacket } from './packets/pingreq.ts';
import type { PingrespPacket } from './packets/pingresp.ts';
import type { PubackPacket } from './packets/puback.ts';
import type { PubcompPacket } from './packets/pubcomp.ts';
import type { PublishPacket } from './packets/publish.ts';
import type { PubrecPacket } from './packets/pubrec.ts';
import type { PubrelPacket } from './packets/pubrel.ts';
import type { SubackPacket } from './packets/suback.ts';
import type { SubscribePacket } from './packets/subscribe.ts';
import type { UnsubackPacket } from './packets/unsuback.ts';
import type { UnsubscribePacket } from './packets/unsubscribe.ts';

/** What a client may send. */
export type ClientPacket =
  | AuthPacket
  | ConnectPacket
  | DisconnectPacket
  | PingreqPacket
  | PubackPacket
  | PubcompPacket
  | PublishPacket
  | PubrecPacket
  | PubrelPacket
  | SubscribePacket
  | UnsubscribePacket;

/** What a server may send. */
export type ServerPacket =
  | AuthPacket
  | ConnackPacket
  | DisconnectPacket
  | PingrespPacket
  | PubackPacket
  | PubcompPacket
  | PublishPacket
  | PubrecPacket
  | PubrelPacket
  | SubackPacket
  | UnsubackPacket;

export type Packet = ClientPacket | ServerPacket;
