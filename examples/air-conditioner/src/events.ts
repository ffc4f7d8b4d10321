/** What the firmware tells whoever started it: one JSON object a line on stdout. */
import { KeystileError } from '@keystile/errors';

export interface Handshake {
  readonly protocol: string;
  readonly cipherSuite: string;
  readonly group: string;
  readonly ms: number;
  readonly busFrames: number;
  readonly busBytes: number;
  readonly busMs: number;
}

export type FirmwareEvent =
  | { readonly event: 'booted'; readonly firmwareVersion: number; readonly configurationVersion: number }
  | { readonly event: 'connected'; readonly handshake: Handshake }
  | { readonly event: 'committed'; readonly firmwareVersionMin: number; readonly configurationVersionMin: number }
  | { readonly event: 'time'; readonly now: string }
  | { readonly event: 'set'; readonly setting: string; readonly value: string }
  | { readonly event: 'refused'; readonly topic: string; readonly code: string; readonly detail: string }
  | { readonly event: 'disconnected'; readonly retryMs: number }
  | { readonly event: 'error'; readonly code: string; readonly detail: string }
  | { readonly event: 'stopped' };

export type Emit = (event: FirmwareEvent) => void;

/** Errors that are not ours keep their message; `internal` is no code of the catalogue. */
export function errorEvent(error: unknown): Extract<FirmwareEvent, { event: 'error' }> {
  if (error instanceof KeystileError) return { event: 'error', code: error.code, detail: error.detail };
  return { event: 'error', code: 'internal', detail: error instanceof Error ? error.message : String(error) };
}
