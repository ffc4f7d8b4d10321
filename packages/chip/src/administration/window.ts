import type { PartState } from '../memory/part-state.ts';
import type { StagedChange } from './record.ts';

/**
 * The commit window of a staged change, in powered seconds and in starts and resets; both are in the memory, so that no
 * power cut gives it more of either than one start and one interval of counting.
 */
const COUNTING_S = 60;

export type WindowVerdict = 'open' | 'over' | 'count';

export class CommitWindow {
  readonly #poweredMs: () => number;
  /** Powered time up to which `usedS` of the memory counts. */
  #countedMs: number;

  constructor(poweredMs: () => number) {
    this.#poweredMs = poweredMs;
    this.#countedMs = poweredMs();
  }

  /** A new change is staged: its window begins. */
  begin(): void {
    this.#countedMs = this.#poweredMs();
  }

  /** `count`: it is open, and what has passed is worth a write. */
  verdict(staged: StagedChange, { bootCount }: PartState): WindowVerdict {
    const passedS = this.#passedS();
    if (staged.usedS + passedS >= staged.windowPoweredS) return 'over';
    if (bootCount - staged.bootCount > staged.windowResets) return 'over';
    return passedS >= COUNTING_S ? 'count' : 'open';
  }

  /** The change with what has passed counted; the caller writes it. */
  counted(staged: StagedChange): StagedChange {
    const passedS = this.#passedS();
    this.#countedMs += passedS * 1000;
    return { ...staged, usedS: staged.usedS + passedS };
  }

  #passedS(): number {
    return Math.floor((this.#poweredMs() - this.#countedMs) / 1000);
  }
}
