/**
 * Keeps the programs of one instance together: one that ends by itself is the end of all, and the end goes in the
 * reverse order of the start, so that the device can say goodbye to a broker that is still there.
 */
import type { KeystileError } from '@keystile/errors';
import { type Exit, endedError, type JsonLine, type ProgramSpec, startProgram } from './program.ts';

/** What the supervisor needs of a program, whoever started it. */
export interface Supervised {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stop(): Promise<void>;
}

export class Supervisor {
  readonly #programs: Supervised[] = [];
  readonly #failure: PromiseWithResolvers<never> = Promise.withResolvers();
  #stopping: Promise<void> | undefined;

  constructor() {
    // Nobody may be waiting at the moment a program ends; whoever asks later still gets it.
    this.#failure.promise.catch(() => undefined);
  }

  /** Rejects with KS-U117 when a program ends that nobody asked to; never resolves. */
  get failure(): Promise<never> {
    return this.#failure.promise;
  }

  /** Starts a program and resolves with its ready line. */
  async start(spec: ProgramSpec): Promise<JsonLine> {
    const program = startProgram(spec);
    this.adopt(program);
    return await Promise.race([program.ready, this.failure]);
  }

  adopt(program: Supervised): void {
    this.#programs.push(program);
    void program.exited.then((exit) => {
      if (this.#stopping === undefined) this.#fail(endedError(exit));
    });
  }

  /** Stops everything, last started first. May be called again; all calls end together. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (const program of this.#programs.toReversed()) await program.stop();
  }

  #fail(error: KeystileError): void {
    this.#failure.reject(error);
  }
}
