import type { ErrorCode } from '@keystile/errors';
import { type ProtocolVersion, Reason, type ReasonCode, ReturnCode } from '@keystile/mqtt';

/**
 * Why the broker says no: a public code and a sentence about this case. It is a value, not an exception: to refuse is
 * ordinary work.
 */
export interface Refusal {
  readonly kind: 'refusal';
  readonly code: RefusalCode;
  readonly sentence: string;
}

/** The one table from refusal to wire code: reason code of version 5, CONNACK return code of 3.1 and 3.1.1. */
const wire = {
  'KS-B200': [Reason.notAuthorized, ReturnCode.notAuthorized],
  'KS-B201': [Reason.notAuthorized, ReturnCode.notAuthorized],
  'KS-B202': [Reason.notAuthorized, ReturnCode.notAuthorized],
  'KS-B203': [Reason.clientIdentifierNotValid, ReturnCode.identifierRejected],
  'KS-B204': [Reason.quotaExceeded, ReturnCode.notAuthorized],
  'KS-B205': [Reason.quotaExceeded, ReturnCode.notAuthorized],
  'KS-B206': [Reason.clientIdentifierNotValid, ReturnCode.identifierRejected],
  'KS-B207': [Reason.badAuthenticationMethod, undefined],
  'KS-B208': [Reason.banned, ReturnCode.notAuthorized],
  'KS-B209': [Reason.serverShuttingDown, ReturnCode.serverUnavailable],
  'KS-B210': [Reason.notAuthorized, ReturnCode.notAuthorized],
  'KS-B300': [Reason.notAuthorized, undefined],
  'KS-B301': [Reason.notAuthorized, undefined],
  // Before version 5 no return code speaks of the will: the connection is closed without CONNACK [MQTT-3.2.2-6].
  'KS-B302': [Reason.notAuthorized, undefined],
  'KS-B303': [Reason.topicNameInvalid, undefined],
  'KS-B304': [Reason.quotaExceeded, undefined],
  'KS-B305': [Reason.quotaExceeded, undefined],
  'KS-B306': [Reason.quotaExceeded, undefined],
  'KS-B307': [Reason.unspecifiedError, undefined],
  'KS-B320': [Reason.notAuthorized, ReturnCode.notAuthorized],
  'KS-B321': [Reason.notAuthorized, undefined],
  'KS-B322': [Reason.notAuthorized, undefined],
  'KS-B323': [Reason.notAuthorized, undefined],
  'KS-B324': [Reason.notAuthorized, undefined],
  'KS-B325': [Reason.notAuthorized, undefined],
  'KS-B370': [Reason.quotaExceeded, undefined],
  'KS-B371': [Reason.messageRateTooHigh, undefined],
  'KS-B373': [Reason.quotaExceeded, undefined],
  'KS-B374': [Reason.quotaExceeded, undefined],
} as const satisfies Partial<Record<ErrorCode, readonly [ReasonCode, number | undefined]>>;

export type RefusalCode = keyof typeof wire;

export function refuse(code: RefusalCode, sentence: string): Refusal {
  return { kind: 'refusal', code, sentence };
}

export function reasonOf(refusal: Refusal): ReasonCode {
  return wire[refusal.code][0];
}

/** The code of a CONNACK that refuses, or undefined when the version has none for it. */
export function connackCodeOf(refusal: Refusal, version: ProtocolVersion): number | undefined {
  // CONNACK has no 0x8B; a server that is going away is unavailable (§3.2.2.2).
  if (version === 5) return refusal.code === 'KS-B209' ? Reason.serverUnavailable : reasonOf(refusal);
  return wire[refusal.code][1];
}

const unsaid: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['KS-B207', 'KS-B307', 'KS-B325']);

/** Whether the client is told the sentence: not where it repeats the code, a rule is silent, or it tells of the broker's files. */
export function isSaid(refusal: Refusal): boolean {
  return !unsaid.has(refusal.code);
}

export function sentenceOf(refusal: Refusal): string {
  return `${refusal.code}: ${refusal.sentence}`;
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refusal';
}
