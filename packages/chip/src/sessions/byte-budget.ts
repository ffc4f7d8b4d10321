import { KeystileError } from '@keystile/errors';
import type { Policy } from '@keystile/link';

/**
 * How much the sessions of each policy have moved since the reset line was last asserted, in network bytes of both
 * directions. A host that never passed its boot can report and fetch a repair; it cannot go on living like that.
 *
 * A session may go beyond it by what TLS adds to its last record and by its farewell.
 *
 * It is in RAM: only power or the reset line, neither of which software on the host has, begin it anew.
 */
export class ByteBudgets {
  readonly #spent = new Map<string, number>();

  /** Throws `KS-C168` when nothing is left; undefined for a policy without a limit. */
  open({ name, bytesPerBootMax }: Policy): ByteBudget | undefined {
    if (bytesPerBootMax === 0) return undefined;
    const budget: ByteBudget = {
      left: () => Math.max(0, bytesPerBootMax - this.spentBy(name)),
      spend: (length) => void this.#spent.set(name, this.spentBy(name) + length),
      exhausted: () =>
        new KeystileError('KS-C168', `policy '${name}' moves at most ${bytesPerBootMax} bytes between two resets`),
    };
    if (budget.left() === 0) throw budget.exhausted();
    return budget;
  }

  spentBy(policy: string): number {
    return this.#spent.get(policy) ?? 0;
  }

  /** The reset line was asserted. */
  refill(): void {
    this.#spent.clear();
  }
}

/** What one session sees of it; sessions of one policy share it. */
export interface ByteBudget {
  left(): number;
  spend(length: number): void;
  exhausted(): KeystileError;
}
