/**
 * What was made of a text, for what is the same in one connection after the other: certificates, keys, policies. It holds
 * a few; the one that was not asked for the longest makes room.
 */
export class Remembered<Value> {
  readonly #values = new Map<string, Value>();

  of(text: string, make: () => Value): Value {
    const value = this.#values.get(text) ?? make();
    this.#values.delete(text);
    this.#values.set(text, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > countMax && oldest !== undefined) this.#values.delete(oldest);
    return value;
  }
}

const countMax = 16;
