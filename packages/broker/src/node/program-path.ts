/** `main.ts` as a program to start with Node. */
export const programPath: URL = new URL('./main.ts', import.meta.url);
