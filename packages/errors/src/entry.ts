/** Whose fault an error is. It decides what a caller can do about it: retry, upgrade, mend its own code, or call for help. */
export type Fault = 'peer-misbehaved' | 'peer-incompatible' | 'misuse' | 'part' | 'environment';

/** What the catalogue holds for one code. `cause` and `fix` are full sentences for an engineer. */
export interface ErrorEntry {
  readonly fault: Fault;
  /** A few words, as a heading. */
  readonly title: string;
  readonly cause: string;
  readonly fix: string;
}
