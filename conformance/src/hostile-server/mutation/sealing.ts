import type { HostileServer, HostileTls12Server } from '@keystile/adversary';
import { concatBytes } from '@keystile/bytes';
import type { Keys, Utterance, WireRecord } from './utterance.ts';

/** How a flight's messages become records: each its own, all that can in one, or cut into pieces of so many bytes. */
export type Packing = 'one each' | 'together' | number;

const PLAINTEXT_MAX = 16_384;

/** The server's side of a session: it says what it is told to, correctly encrypted, and changes keys when they are named. */
export class Sealing {
  readonly #server: HostileServer | HostileTls12Server;
  #keys: Keys = 'none';

  constructor(server: HostileServer | HostileTls12Server) {
    this.#server = server;
  }

  seal(flight: readonly Utterance[], packing: Packing): readonly WireRecord[] {
    return joined(flight, packing).flatMap((utterance) => this.#records(utterance, packing));
  }

  #records({ type, bytes, keys }: Utterance, packing: Packing): readonly WireRecord[] {
    this.#use(keys);
    return pieces(bytes, typeof packing === 'number' ? packing : PLAINTEXT_MAX).map((content) => {
      const isProtected = this.#keys !== 'none';
      const sealed = isProtected ? this.#server.seal(type, content) : this.#server.plain(type, content);
      return { type, content, isProtected, bytes: Uint8Array.from(sealed) };
    });
  }

  /** Keys only ever go forward, also when a mutation put the messages in another order. */
  #use(keys: Keys): void {
    while (order.indexOf(this.#keys) < order.indexOf(keys)) {
      const next = order[order.indexOf(this.#keys) + 1] ?? keys;
      this.#advance(next);
      this.#keys = next;
    }
  }

  #advance(to: Keys): void {
    const server = this.#server;
    if (!('useHandshakeKeys' in server)) {
      if (to === 'application') server.useKeys();
    } else if (to === 'handshake') server.useHandshakeKeys();
    else if (to === 'application') server.useApplicationKeys();
    else server.useNextKeys();
  }
}

const order: readonly Keys[] = ['none', 'handshake', 'application', 'next'];

/** Handshake messages that follow each other under the same keys, run together unless each has its own record. */
function joined(flight: readonly Utterance[], packing: Packing): readonly Utterance[] {
  if (packing === 'one each') return flight;
  const result: Utterance[] = [];
  for (const utterance of flight) {
    const last = result.at(-1);
    const isMore = last?.type === 'handshake' && utterance.type === 'handshake' && last.keys === utterance.keys;
    if (last === undefined || !isMore) result.push(utterance);
    else result[result.length - 1] = { ...last, bytes: concatBytes(last.bytes, utterance.bytes) };
  }
  return result;
}

/** Alerts and change_cipher_spec are shorter than any piece. Nothing is one empty piece. */
function pieces(bytes: Uint8Array, lengthMax: number): readonly Uint8Array[] {
  const count = Math.max(1, Math.ceil(bytes.length / lengthMax));
  return Array.from({ length: count }, (_, index) => bytes.slice(index * lengthMax, (index + 1) * lengthMax));
}

/** A record in the clear with a content type of any number. */
export function anyRecord(type: number, content: Uint8Array): Uint8Array {
  const header = Uint8Array.of(type, 3, 3, content.length >>> 8, content.length & 0xff);
  return concatBytes(header, content);
}
