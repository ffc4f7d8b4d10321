import type { ErrorCode } from '@keystile/errors';
import type { MqttError, ReasonCode } from '@keystile/mqtt';
import type { Refusal } from '../refusal.ts';

/** Why a connection ends. It decides the last packet, the fate of the will and the line in the log. */
export type Ending =
  /** The codec found the peer at fault. */
  | { readonly kind: 'malformed'; readonly error: MqttError }
  /** A rule of the broker says no. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The broker ends it for another reason; `code` is for the log. */
  | {
      readonly kind: 'server';
      readonly reason: ReasonCode;
      readonly code?: ErrorCode;
      readonly sentence: string;
      /** Where else the client finds a server (§4.11). */
      readonly serverReference?: string;
    }
  /** The client sent DISCONNECT. */
  | { readonly kind: 'client'; readonly withWill: boolean }
  /** The transport closed without a DISCONNECT. */
  | { readonly kind: 'transport' };

/** A client that breaks the protocol in a way that only the connection's state can show. */
export function violation(reason: ReasonCode, sentence: string): Ending {
  return { kind: 'server', reason, code: 'KS-B110', sentence };
}
