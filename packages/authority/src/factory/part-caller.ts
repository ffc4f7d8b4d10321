import { KeystileError } from '@keystile/errors';
import {
  type Command,
  commands,
  type ObjectName,
  type PairingStatement,
  PROVISION_CHUNK_MAX,
  READ_MAX,
} from '@keystile/link';

/** What the line needs of a part: its commands. `openPart` of @keystile/device gives one. */
export interface PartCaller {
  call<Request, Result>(command: Command<Request, Result>, request: Request): Promise<Result>;
}

/** One whose host can be paired with it: `openPart` gives one when it is given the pairing of a host. */
export interface PairableCaller extends PartCaller {
  /** Runs the exchange; `check` throws when the part's statement does not hold, and then nothing comes of it. */
  pair(check: (statement: PairingStatement) => void): Promise<void>;
}

/** Offsets and lengths of objects are 16-bit on the bus. */
const OBJECT_MAX = 0xffff;
/** One request with its fields has to fit what a part takes at once; smaller pieces also fit small parts. */
const PIECE = Math.min(PROVISION_CHUNK_MAX, 1024);

export async function writeObject(part: PartCaller, object: ObjectName, bytes: Uint8Array): Promise<void> {
  if (bytes.length > OBJECT_MAX) {
    throw new KeystileError('KS-A122', `object ${object} has ${bytes.length} bytes, a part takes ${OBJECT_MAX}`);
  }
  for (let offset = 0; offset < bytes.length; offset += PIECE) {
    const piece = bytes.subarray(offset, offset + PIECE);
    await part.call(commands.provisionWrite, { object, offset, total: bytes.length, bytes: piece });
  }
}

export async function readObject(part: PartCaller, object: ObjectName): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (;;) {
    const { bytes, length } = await part.call(commands.read, { object, offset, lengthMax: Math.min(READ_MAX, PIECE) });
    // A copy: what a decoder returns shares memory with the bus buffer.
    pieces.push(bytes.slice());
    offset += bytes.length;
    // An empty piece ends it too: a lying part must not keep the line reading for ever.
    if (offset >= length || bytes.length === 0) return Buffer.concat(pieces);
  }
}
