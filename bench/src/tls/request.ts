/** What a client asks of the bench's server. */
export interface Request {
  /** `source`: send them; `sink`: take them. */
  readonly kind: 'source' | 'sink';
  readonly bytes: number;
  /** Of one write. */
  readonly piece: number;
}

export function writeRequest({ kind, bytes, piece }: Request): string {
  return `${kind} ${bytes} ${piece}`;
}

export function readRequest(line: Uint8Array): Request {
  const [kind, bytes, piece] = Buffer.from(line).toString().split(' ');
  if (kind !== 'source' && kind !== 'sink') throw new Error(`the request ${kind} is unknown`);
  return { kind, bytes: Number(bytes), piece: Number(piece) };
}
