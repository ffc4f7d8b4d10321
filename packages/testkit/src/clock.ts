/**
 * The time of day and the powered time of a test; both move only when the test says so. The time of day starts at the
 * machine's, because OpenSSL judges certificates by that.
 */
export class TestClock {
  /** Milliseconds since 1970, UTC. */
  ms: number = Date.now();
  /** Milliseconds since a part got power. */
  poweredMs = 0;

  readonly now = (): number => this.ms;

  pass(ms: number): void {
    this.ms += ms;
    this.poweredMs += ms;
  }
}
