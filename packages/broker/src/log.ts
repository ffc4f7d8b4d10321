import type { ErrorCode } from '@keystile/errors';

/**
 * What the core reports to its operator: plain values, no secrets, no payloads. The edge writes them to the log.
 */
export interface BrokerEvent {
  readonly level: 'info' | 'warn';
  readonly event:
    | 'connected'
    | 'disconnected'
    | 'refused'
    | 'publish-refused'
    | 'subscribe-refused'
    | 'will-refused'
    | 'messages-dropped'
    | 'revocation'
    | 'reload';
  readonly code?: ErrorCode;
  readonly sentence?: string;
  readonly identity?: string;
  readonly clientId?: string;
  readonly remote?: string;
  /** Of a certificate that got no identity. */
  readonly subject?: string;
}

export type EventSink = (event: BrokerEvent) => void;
