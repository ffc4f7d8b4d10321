/** What a check of this folder says: a finding fails `npm run check`, a hint is printed on request. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
  readonly severity: 'finding' | 'hint';
}
