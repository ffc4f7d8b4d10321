import { EVIDENCE_METHOD } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { type ConnectPacket, encodePacket, MqttError, PacketDecoder } from '@keystile/mqtt';

/** What the agent makes of a client's CONNECT. */
export interface ForwardedConnect {
  readonly bytes: Uint8Array;
  /** The agent named the evidence method, so it answers AUTH, and the client never learns of it. */
  readonly answersAuth: boolean;
}

export interface ConnectRules {
  /** The device's identity, below which its clients are; undefined when its certificate names none. */
  readonly deviceId: string | undefined;
  readonly addsEvidence: boolean;
  /** User name and password were meant for the agent and stay here. */
  readonly takesCredentials: boolean;
}

/** Throws `KS-D133`; its cause is the codec's error. */
export function readConnect(bytes: Uint8Array): ConnectPacket {
  try {
    const decoder = PacketDecoder.forServer(bytes.length);
    decoder.push(bytes);
    const packet = decoder.next();
    if (packet?.kind === 'connect') return packet;
  } catch (cause) {
    if (cause instanceof MqttError) throw new KeystileError('KS-D133', cause.message, { cause });
    throw cause;
  }
  throw new KeystileError('KS-D133', 'the first packet is not CONNECT');
}

/**
 * CONNECT as the broker gets it. One that names an authentication method of its own goes on byte for byte, unless the
 * agent's own secret has to be taken out of it.
 */
export function forwardConnect(raw: Uint8Array, connect: ConnectPacket, rules: ConnectRules): ForwardedConnect {
  const hasOwnMethod = connect.properties.authenticationMethod !== undefined;
  if (hasOwnMethod && !rules.takesCredentials) return { bytes: raw, answersAuth: false };
  const { userName, password, ...rest } = connect;
  const credentials = rules.takesCredentials
    ? {}
    : { ...(userName !== undefined && { userName }), ...(password && { password }) };
  if (hasOwnMethod) return { bytes: encodePacket({ ...rest, ...credentials }, connect.version), answersAuth: false };
  const answersAuth = rules.addsEvidence && connect.version === 5;
  const properties = answersAuth
    ? { ...connect.properties, authenticationMethod: EVIDENCE_METHOD }
    : connect.properties;
  const clientId = clientIdBelow(rules.deviceId, connect.clientId);
  return { bytes: encodePacket({ ...rest, ...credentials, clientId, properties }, connect.version), answersAuth };
}

/**
 * A broker takes `<id>` and `<id>/<suffix>` from a device; a client that knows nothing of that is put below it. An empty
 * client id stays empty: the broker chooses.
 */
function clientIdBelow(deviceId: string | undefined, clientId: string): string {
  if (deviceId === undefined || clientId === '' || clientId === deviceId) return clientId;
  return clientId.startsWith(`${deviceId}/`) ? clientId : `${deviceId}/${clientId}`;
}
