/** The versions that a behaviour holds for, unless it needs something that only one of them has. */
export const versions = [4, 5] as const;
