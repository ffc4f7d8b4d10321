import { type ErrorCode, KeystileError } from '@keystile/errors';
import {
  type ConnectPacket,
  encodePacket,
  MqttError,
  NO_PROPERTIES,
  type ProtocolVersion,
  Reason,
  type ReasonCode,
  ReturnCode,
} from '@keystile/mqtt';

/** The one table from an error to what CONNACK says of it: reason code of version 5, return code of 3.1 and 3.1.1. */
const wire: Partial<Record<ErrorCode, readonly [ReasonCode, number]>> = {
  'KS-D130': [Reason.badUserNameOrPassword, ReturnCode.badUserNameOrPassword],
  'KS-D132': [Reason.notAuthorized, ReturnCode.notAuthorized],
  'KS-D140': [Reason.serverBusy, ReturnCode.serverUnavailable],
  // All sessions of the part are taken, or all that applications may have.
  'KS-C162': [Reason.quotaExceeded, ReturnCode.serverUnavailable],
  'KS-C167': [Reason.quotaExceeded, ReturnCode.serverUnavailable],
};
/** Network, server, part: whatever it is, the way to the broker is closed. */
const OTHERWISE = [Reason.serverUnavailable, ReturnCode.serverUnavailable] as const;

/** CONNACK that refuses a client whose CONNECT was understood. */
export function refusingConnack(error: KeystileError, { version, properties }: ConnectPacket): Uint8Array {
  const [reason, returnCode] = wire[error.code] ?? OTHERWISE;
  if (version !== 5) return bareConnack(returnCode, version);
  const said = encodePacket(
    { kind: 'connack', sessionPresent: false, code: reason, properties: { reasonString: error.message } },
    version,
  );
  return said.length <= sizeMaxOf(properties.maximumPacketSize) ? said : bareConnack(reason, version);
}

/** For a CONNECT that was not understood; undefined where nothing is to be sent. */
export function malformedConnack({ cause }: KeystileError): Uint8Array | undefined {
  if (!(cause instanceof MqttError) || cause.reasonCode === undefined) return undefined;
  const isOld = cause.version === 3 || cause.version === 4;
  if (!isOld) return bareConnack(cause.reasonCode, 5);
  const code = {
    [Reason.unsupportedProtocolVersion]: ReturnCode.unacceptableProtocolVersion,
    [Reason.clientIdentifierNotValid]: ReturnCode.identifierRejected,
  }[cause.reasonCode as number];
  return code === undefined ? undefined : bareConnack(code, cause.version);
}

/** DISCONNECT of the agent's own, for a connection that broke behind it; before version 5 there is none. */
export function farewell(error: KeystileError, { version, properties }: ConnectPacket): Uint8Array {
  if (version !== 5) return new Uint8Array(0);
  const reason = reasonOfFarewell(error.code);
  const said = encodePacket({ kind: 'disconnect', reason, properties: { reasonString: error.message } }, version);
  if (said.length <= sizeMaxOf(properties.maximumPacketSize)) return said;
  return encodePacket({ kind: 'disconnect', reason, properties: NO_PROPERTIES }, version);
}

function reasonOfFarewell(code: ErrorCode): ReasonCode {
  if (code === 'KS-D133') return Reason.protocolError;
  return code === 'KS-D140' ? Reason.serverShuttingDown : Reason.implementationSpecificError;
}

/** Errors of Node and of libraries become one of ours. */
export function asKeystileError(error: unknown): KeystileError {
  if (error instanceof KeystileError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new KeystileError('KS-D100', reason, { cause: error });
}

function bareConnack(code: number, version: ProtocolVersion): Uint8Array {
  return encodePacket({ kind: 'connack', sessionPresent: false, code, properties: NO_PROPERTIES }, version);
}

function sizeMaxOf(announced: number | undefined): number {
  return announced ?? Number.POSITIVE_INFINITY;
}
