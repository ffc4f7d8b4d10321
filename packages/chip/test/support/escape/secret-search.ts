import type { Secret } from '../leaks.ts';

/**
 * The search of `leaks.ts` for haystacks of a hundred megabytes: one pass over the bytes, whatever the number of secrets.
 * Eight bytes of a secret in a row count: as they are, back to front (as OpenSSL keeps large numbers), in hexadecimal, and
 * in base64 wherever the secret begins in its group of three.
 */
const WINDOW = 8;
/** Ten characters of base64 hold seven whole bytes and a half. */
const BASE64_WINDOW = 10;
const HASH_BITS = 22;
/** Much of a process is pages of zeros, and no eight bytes of a secret are. */
const ZERO_PAGE = Buffer.alloc(4096);

interface Needle {
  readonly name: string;
  readonly spelling: Spelling;
  readonly bytes: Buffer;
}

type Spelling = 'as it is' | 'back to front' | 'in hexadecimal' | 'in base64';

export class SecretSearch {
  /** A bit for each hash of four bytes with which a needle begins. */
  readonly #beginnings = new Uint8Array(2 ** (HASH_BITS - 3));
  readonly #needles = new Map<string, Needle[]>();

  constructor(secrets: readonly Secret[]) {
    for (const secret of secrets) for (const needle of needlesOf(secret)) this.#add(needle);
  }

  /** `name, spelling` of each secret that shows in `haystack`. */
  in(haystack: Uint8Array): ReadonlySet<string> {
    const found = new Set<string>();
    const buffer = Buffer.from(haystack.buffer, haystack.byteOffset, haystack.length);
    const beginnings = this.#beginnings;
    let word = 0;
    for (let end = 0; end < buffer.length; end++) {
      if (end % ZERO_PAGE.length === 0 && ZERO_PAGE.equals(buffer.subarray(end, end + ZERO_PAGE.length))) {
        end += ZERO_PAGE.length - 1;
        word = 0;
        continue;
      }
      word = (word << 8) | (buffer[end] as number);
      const hash = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
      if (((beginnings[hash >>> 3] as number) & (1 << (hash & 7))) !== 0) this.#compare(buffer, end - 3, found);
    }
    return found;
  }

  #compare(buffer: Buffer, at: number, found: Set<string>): void {
    if (at < 0) return;
    for (const { name, spelling, bytes } of this.#needles.get(buffer.toString('latin1', at, at + WINDOW)) ?? []) {
      if (buffer.compare(bytes, 0, bytes.length, at, Math.min(at + bytes.length, buffer.length)) === 0) {
        found.add(`${name}, ${spelling}`);
      }
    }
  }

  #add(needle: Needle): void {
    const hash = Math.imul(needle.bytes.readInt32BE(0), 0x9e3779b1) >>> (32 - HASH_BITS);
    this.#beginnings[hash >>> 3] = (this.#beginnings[hash >>> 3] ?? 0) | (1 << (hash & 7));
    const key = needle.bytes.toString('latin1', 0, WINDOW);
    const others = this.#needles.get(key);
    if (others === undefined) this.#needles.set(key, [needle]);
    else others.push(needle);
  }
}

function* needlesOf({ name, bytes }: Secret): Generator<Needle> {
  const forwards = Buffer.from(bytes);
  const backwards = Buffer.from(bytes.toReversed());
  for (let at = 0; at + WINDOW <= bytes.length; at++) {
    const window = forwards.subarray(at, at + WINDOW);
    yield { name, spelling: 'as it is', bytes: window };
    yield { name, spelling: 'back to front', bytes: backwards.subarray(at, at + WINDOW) };
    const hex = window.toString('hex');
    for (const text of new Set([hex, hex.toUpperCase()])) {
      yield { name, spelling: 'in hexadecimal', bytes: Buffer.from(text) };
    }
    const group = forwards.subarray(at, at + WINDOW + 1);
    for (const alphabet of ['base64', 'base64url'] as const) {
      const text = group.toString(alphabet).slice(0, BASE64_WINDOW);
      if (group.length > WINDOW) yield { name, spelling: 'in base64', bytes: Buffer.from(text) };
    }
  }
}
