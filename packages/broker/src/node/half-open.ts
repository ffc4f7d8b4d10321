/**
 * Connections that were accepted and not yet admitted, counted by address: whoever opens many and says nothing takes
 * room from nobody but itself.
 */
export class HalfOpen {
  readonly #countMax: number;
  readonly #counts = new Map<string, number>();
  readonly #pending = new Set<string>();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** False when the address has as many as it may: the connection is then not counted. */
  opened(address: string, port: number): boolean {
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#countMax) return false;
    this.#counts.set(address, count + 1);
    this.#pending.add(keyOf(address, port));
    return true;
  }

  /** Admitted, or closed: in either case no longer half-open. May be told twice. */
  settled(address: string, port: number): void {
    if (!this.#pending.delete(keyOf(address, port))) return;
    const count = (this.#counts.get(address) ?? 1) - 1;
    if (count === 0) this.#counts.delete(address);
    else this.#counts.set(address, count);
  }

  get count(): number {
    return this.#pending.size;
  }
}

function keyOf(address: string, port: number): string {
  return `${address}|${port}`;
}
