import { type AuthPacket, Reason } from '@keystile/mqtt';
import type { EnhancedAuthentication } from '../authentication/enhanced-authentication.ts';
import type { AuthenticationProgress } from '../authentication/method.ts';
import { REAUTHENTICATION_MS_MIN } from '../limits.ts';
import type { Connected } from './connected.ts';
import type { ConnectionLink } from './connection.ts';
import { type Ending, violation } from './ending.ts';

/**
 * AUTH of a connected client: re-authentication (§4.12.1). Other packets go on meanwhile, under what was authenticated
 * before; if it fails the client is told by DISCONNECT and cut off [MQTT-4.12.1-2].
 */
export function onAuth(connected: Connected, packet: AuthPacket, nowMs: number): Ending | undefined {
  const { authentication, link } = connected;
  if (authentication === undefined) {
    return violation(Reason.protocolError, 'AUTH, and CONNECT named no method [MQTT-4.12.0-7]');
  }
  const { authenticationMethod, authenticationData } = packet.properties;
  if (authenticationMethod !== authentication.method) {
    return violation(Reason.protocolError, 'AUTH with another method than CONNECT [MQTT-4.12.1-1]');
  }
  const isNew = packet.reason === Reason.reAuthenticate;
  if (isNew === authentication.isPending) {
    return violation(
      Reason.protocolError,
      isNew ? 'AUTH 0x19 while an answer is owed' : 'AUTH 0x18 without a question',
    );
  }
  if (isNew && nowMs - authentication.askedAtMs < REAUTHENTICATION_MS_MIN) {
    return violation(Reason.messageRateTooHigh, `re-authentication twice in ${REAUTHENTICATION_MS_MIN} ms`);
  }
  const step = isNew
    ? authentication.begin(authenticationData, nowMs)
    : authentication.answer(authenticationData, nowMs);
  return step.kind === 'refusal' ? { kind: 'refused', refusal: step } : sendAuth(link, authentication, step);
}

/** AUTH 0x18 with a question [MQTT-4.12.0-2], or 0x00 at the end of a re-authentication. */
export function sendAuth(
  link: ConnectionLink,
  { method }: EnhancedAuthentication,
  { kind, data }: AuthenticationProgress,
): Ending | undefined {
  const reason = kind === 'success' ? Reason.success : Reason.continueAuthentication;
  const properties = {
    authenticationMethod: method,
    ...(data !== undefined && { authenticationData: data }),
  };
  if (link.send({ kind: 'auth', reason, properties }, 5)) return undefined;
  return violation(Reason.packetTooLarge, 'AUTH exceeds the maximum packet size of the client');
}
