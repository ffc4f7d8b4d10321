/**
 * Texts that were read before and found to be in order: a fleet says the same topics again and again, and to look one up
 * costs a fraction of reading and judging it. A table of fixed size; what falls on the same place displaces.
 */
export class KnownTexts {
  readonly #texts: (string | undefined)[] = new Array(PLACES).fill(undefined);
  /** Where the last search ended in vain, and how many bytes it was for. */
  #place = 0;
  #length = 0;

  /** The text that stands in `bytes`, if it is known. */
  find(bytes: Uint8Array, start: number, length: number): string | undefined {
    this.#length = 0;
    if (length > LENGTH_MAX) return undefined;
    const place = placeOf(bytes, start, length);
    const text = this.#texts[place];
    if (text !== undefined && stands(text, bytes, start, length)) return text;
    this.#place = place;
    this.#length = length;
    return undefined;
  }

  /** What was read of the bytes of the last search. Only ASCII is kept: there a character is a byte. */
  add(text: string): void {
    if (text.length === this.#length) this.#texts[this.#place] = text;
  }
}

function stands(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let at = 0; at < length; at++) if (text.charCodeAt(at) !== bytes[start + at]) return false;
  return true;
}

/** About 100 KiB when it is full. */
const PLACES = 1024;
const LENGTH_MAX = 96;

/** FNV-1a. That somebody can make texts meet costs him a look-up in vain, and nobody else more. */
function placeOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < start + length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 16)) & (PLACES - 1);
}
