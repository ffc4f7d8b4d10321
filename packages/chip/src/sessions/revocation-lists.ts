import { KeystileError } from '@keystile/errors';

/**
 * Lists of revoked certificates that the host has brought for one session. Here they are bytes of a stranger, bounded
 * and put together from pieces; what they are worth, the path validator says.
 *
 * They are kept from the first piece until the server's chain is judged, and at most as long as a handshake may take.
 */
interface Piece {
  readonly offset: number;
  readonly total: number;
  readonly bytes: Uint8Array;
}

/** One for each issuer of the longest path, and some of neighbours that a host has from the same place. */
const LISTS_MAX = 8;
/** Bytes of them all: some eight hundred entries. A fleet that revokes more servers than that staples OCSP answers. */
export const LISTS_LENGTH_MAX = 32_768;

export class RevocationLists {
  #lists: Uint8Array[] = [];
  #staged: { readonly bytes: Uint8Array; length: number } | undefined;
  #isTaken = false;

  /** Whole lists. */
  get count(): number {
    return this.#lists.length;
  }

  /** Bytes that may still be brought. */
  get room(): number {
    return LISTS_LENGTH_MAX - this.heldBytes;
  }

  get heldBytes(): number {
    const staged = this.#staged?.bytes.length ?? 0;
    return this.#lists.reduce((sum, { length }) => sum + length, staged);
  }

  /** Throws `KS-C142`, `KS-C169` or `KS-C181`. */
  add({ offset, total, bytes }: Piece): void {
    if (this.#isTaken) throw new KeystileError('KS-C181', 'the chain of the server was judged before the list came');
    if (offset === 0) this.#begin(total);
    const staged = this.#staged;
    const end = offset + bytes.length;
    const follows = staged?.bytes.length === total && staged.length === offset && end <= total && bytes.length > 0;
    if (!follows) {
      this.#staged = undefined;
      throw new KeystileError('KS-C142', `${bytes.length} bytes of a list at offset ${offset} of ${total}`);
    }
    staged.bytes.set(bytes, offset);
    staged.length = end;
    if (end < total) return;
    this.#lists.push(staged.bytes);
    this.#staged = undefined;
  }

  /** The whole lists, for the one judgement that they are for; nothing is held or accepted afterwards. */
  take(): readonly Uint8Array[] {
    const lists = this.#lists;
    this.#lists = [];
    this.#staged = undefined;
    this.#isTaken = true;
    return lists;
  }

  #begin(total: number): void {
    this.#staged = undefined;
    if (this.#lists.length === LISTS_MAX) throw new KeystileError('KS-C169', `${LISTS_MAX} lists are there already`);
    if (total > this.room) {
      throw new KeystileError(
        'KS-C169',
        `a list of ${total} bytes, where ${this.room} of ${LISTS_LENGTH_MAX} are left`,
      );
    }
    this.#staged = { bytes: new Uint8Array(total), length: 0 };
  }
}
