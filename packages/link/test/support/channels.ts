import { randomBytes } from 'node:crypto';
import { HostExchange, PartExchange, type SecureChannel, X25519Key } from '../../src/index.ts';

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** Both ends of a channel, as an exchange leaves them. */
export function pairOfChannels(framesMax?: number): { readonly host: SecureChannel; readonly part: SecureChannel } {
  const limit = framesMax === undefined ? {} : { framesMax };
  const host = new HostExchange({ staticKey: new X25519Key(random(32)), random, ...limit });
  const part = new PartExchange({ staticKey: new X25519Key(random(32)), random, ...limit }, host.request);
  const { channel, finish } = host.accept({ ...part.answer, evidence: new Uint8Array(0) });
  const atPart = part.finish(finish);
  if (atPart === undefined) throw new TypeError('the part does not know its host');
  return { host: channel, part: atPart };
}
