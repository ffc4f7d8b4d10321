/** A connected byte stream as the driver sees it: a TLS socket, a Unix socket or a WebSocket. */
export interface Transport {
  /** Takes all of the bytes; false when it holds so many that the driver should wait for `drained`. */
  write(bytes: Uint8Array): boolean;
  /** Stops and starts what comes from the peer. */
  pause(): void;
  resume(): void;
  /** Closes in order once everything written has left. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** What a transport tells the driver. After `closed` it tells nothing more. */
export interface TransportEvents {
  received(bytes: Uint8Array): void;
  drained(): void;
  closed(): void;
}
