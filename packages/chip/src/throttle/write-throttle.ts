import { KeystileError } from '@keystile/errors';
import { type CommandName, commands } from '@keystile/link';
import type { PoweredClock } from '../ports.ts';
import { type WriteBudget, writeBudgets } from './write-budgets.ts';

/** Counts the writes of each command against its budget, in powered time. It lives in RAM: see `write-budgets.ts`. */
export interface ThrottledCommand {
  readonly name: CommandName;
  /** Powered seconds until the command is carried out again. */
  readonly waitSeconds: number;
}

/** What one write costs: a budget of n an hour grows by n a millisecond, and whole numbers stay whole. */
const WRITE = 3_600_000;

export class WriteThrottle {
  readonly #poweredMs: PoweredClock;
  readonly #budgets = new Map<CommandName, { readonly of: WriteBudget; left: number; atMs: number }>();

  constructor(poweredMs: PoweredClock) {
    this.#poweredMs = poweredMs;
    const atMs = poweredMs();
    for (const [name, of] of Object.entries(writeBudgets) as [CommandName, WriteBudget][]) {
      this.#budgets.set(name, { of, left: of.atStart * WRITE, atMs });
    }
  }

  /** Throws `KS-C185` when the command would write and has written enough. */
  demand(name: CommandName): void {
    if (writeBudgets[name]?.whenSpent !== 'refuse' || this.allows(name)) return;
    const wait = this.#waitSeconds(name);
    throw new KeystileError('KS-C185', `${commands[name].name} is accepted again in ${wait} powered seconds`);
  }

  /** Whether there is a write left for the command. */
  allows(name: CommandName): boolean {
    return this.#left(name) >= WRITE;
  }

  /** What the command has written. Throws `KS-C188` when it has no right to. */
  charge(name: CommandName, writes: number): void {
    if (writes === 0) return;
    const budget = this.#budgets.get(name);
    if (budget === undefined) {
      throw new KeystileError('KS-C188', `${commands[name].name} wrote to the memory and has no budget for it`);
    }
    budget.left = this.#left(name) - writes * WRITE;
    budget.atMs = this.#poweredMs();
  }

  /** What STATUS says: the commands that are refused now. */
  get throttled(): readonly ThrottledCommand[] {
    return [...this.#budgets]
      .filter(([name, { of }]) => of.whenSpent === 'refuse' && !this.allows(name))
      .map(([name]) => ({ name, waitSeconds: this.#waitSeconds(name) }));
  }

  #left(name: CommandName): number {
    const budget = this.#budgets.get(name);
    if (budget === undefined) return 0;
    const { of, left, atMs } = budget;
    const grown = left + (this.#poweredMs() - atMs) * of.perHour;
    return Math.min(grown, Math.max(of.atStart, of.perHour) * WRITE);
  }

  #waitSeconds(name: CommandName): number {
    const { perHour } = writeBudgets[name] ?? { perHour: 1 };
    return Math.ceil((WRITE - this.#left(name)) / perHour / 1000);
  }
}
