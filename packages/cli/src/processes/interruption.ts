/**
 * The wish to end, from a person (Ctrl-C), a service manager or a terminal that closed. The first one counts; further
 * ones are heard and change nothing, since the end is already on its way.
 */
export interface Interruption {
  readonly requested: Promise<void>;
  readonly isRequested: boolean;
  /** Gives the signals their default effect back. */
  forget(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function listenForInterruption(): Interruption {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isRequested = false;
  const request = (): void => {
    isRequested = true;
    resolve();
  };
  for (const signal of SIGNALS) process.on(signal, request);
  return {
    requested: promise,
    get isRequested() {
      return isRequested;
    },
    forget: () => {
      for (const signal of SIGNALS) process.off(signal, request);
    },
  };
}

/** Thrown by a start that was interrupted: not an error to report. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
