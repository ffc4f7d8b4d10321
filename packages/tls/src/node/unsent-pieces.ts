/** What the application wrote and no record has: pieces of any length, which belong to the application. */
export class UnsentPieces {
  #pieces: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** Up to `lengthMax` bytes: small pieces joined, a part of a long one without a copy. */
  take(lengthMax: number): Uint8Array {
    let count = 0;
    let length = 0;
    for (const piece of this.#pieces) {
      if (length + piece.length > lengthMax) break;
      length += piece.length;
      count++;
    }
    if (count === 0) return this.#takePart(lengthMax);
    this.#length -= length;
    const taken = this.#pieces.splice(0, count);
    return taken.length === 1 && taken[0] !== undefined ? taken[0] : joined(taken, length);
  }

  clear(): void {
    this.#pieces = [];
    this.#length = 0;
  }

  #takePart(length: number): Uint8Array {
    const [first] = this.#pieces;
    if (first === undefined) return new Uint8Array(0);
    this.#pieces[0] = first.subarray(length);
    this.#length -= length;
    return first.subarray(0, length);
  }
}

/** Buffer.concat looks at each piece twice. */
function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = Buffer.allocUnsafe(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
