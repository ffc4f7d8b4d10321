import { Tls12Connected } from '../tls12/connected.ts';
import type { ApplicationChannel } from './application-channel.ts';
import { Connected } from './connected.ts';
import type { ClientState } from './state.ts';

/** What the state after the handshake does for a connection, whatever its version. */
export interface Established extends ClientState {
  readonly channel: ApplicationChannel;
  readonly exporter: { export(label: string, context: Uint8Array | undefined, length: number): Uint8Array };
  /** The server sent close_notify. */
  readonly peerClosed: boolean;
  /** Whether any application data came. */
  readonly hasReceived: boolean;
  deliver(content: Uint8Array): ClientState;
  write(plaintext: Uint8Array): void;
  /** `KS-T163` in TLS 1.2. */
  updateKeys(request: { readonly updateRequested: boolean }): void;
  /** We sent close_notify. */
  endWriting(): void;
  /** The server sent close_notify. */
  endReading(): ClientState;
}

export function isEstablished(state: ClientState): state is Established {
  return state instanceof Connected || state instanceof Tls12Connected;
}
