import { equalPublicBytes, fromHex } from '@keystile/bytes';

/** One known-answer test: an algorithm, and whether it still does what a standard says. */
export interface KnownAnswer {
  readonly name: string;
  readonly holds: () => boolean;
}

export function gives(expected: string, actual: Uint8Array): boolean {
  return equalPublicBytes(fromHex(expected), actual);
}
