/**
 * The members of one shared subscription (MQTT 5.0 §4.8.2). Each message goes to one of them, in turn; a member that is
 * connected and can take it now comes before one that would only queue it.
 */
export class SharedGroup<Member> {
  readonly #members = new Map<string, Member>();
  #turn = 0;

  get size(): number {
    return this.#members.size;
  }

  set(key: string, member: Member): void {
    this.#members.set(key, member);
  }

  delete(key: string): void {
    this.#members.delete(key);
  }

  next(isReady: (member: Member) => boolean): Member | undefined {
    const members = [...this.#members.values()];
    let fallback: Member | undefined;
    for (let step = 0; step < members.length; step++) {
      const at = (this.#turn + step) % members.length;
      const member = members[at];
      if (member === undefined) continue;
      if (isReady(member)) {
        this.#turn = at + 1;
        return member;
      }
      fallback ??= member;
    }
    this.#turn += 1;
    return fallback;
  }
}
