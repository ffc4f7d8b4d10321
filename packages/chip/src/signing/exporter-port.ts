import type { TlsSession } from '../sessions/tls-session.ts';

/**
 * The one way from the secrets of a session to bytes that are not its records. Whatever is derived for use outside of
 * a session goes through here, under a label that the firmware fixes: no command takes one.
 */
export type ExporterPort = (session: TlsSession, order: ExporterOrder) => Uint8Array;

export interface ExporterOrder {
  readonly label: string;
  readonly context: Uint8Array;
  /** Bytes. */
  readonly length: number;
}

export const exportFromSession: ExporterPort = (session, order) => session.exporter(order);
