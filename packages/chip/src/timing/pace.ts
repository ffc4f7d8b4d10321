/**
 * How long the part takes. The firmware says which of the slow operations it carries out; a virtual part that imitates
 * silicon makes the command take as long as they would, another takes no notice.
 *
 * Hashing, derivation and record protection are not counted: beside these four they do not show.
 */
export type Operation = 'generate' | 'ecdh' | 'sign' | 'verify';

export interface Pace {
  /** The part carries out one operation. Verifying a signature of its own is part of making it. */
  spend(operation: Operation): void;
  /** Settles when what was spent since the last time would be done. Until then the bus sees the part busy. */
  settle(): Promise<void>;
}

/** The pace of a part whose operations take what they take. */
export const ownPace: Pace = { spend: () => {}, settle: async () => {} };

/** Carries out a command in its time, refused or not: how a refusal comes about takes time too. */
export async function paced<T>(pace: Pace, command: () => T | Promise<T>): Promise<T> {
  try {
    return await command();
  } finally {
    await pace.settle();
  }
}
