import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ByteWriter, encodeUtf8 } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';

/**
 * A folder as one sequence of bytes, the same wherever it lies: for each file, in the order of their paths' bytes,
 * the path (u16 length), the length (u32) and the content. Dates, modes and owners do not count.
 *
 * A symbolic link would let what runs differ from what was measured, so there may be none. Throws `KS-D103`.
 */
export async function firmwareImage(folder: string): Promise<Uint8Array> {
  const writer = new ByteWriter(65_536);
  for (const path of (await filesBelow(folder, '')).toSorted()) {
    const content = await readFile(join(folder, path));
    writer.vector16(encodeUtf8(path)).u32(content.length).bytes(content);
    if (writer.length > IMAGE_MAX) throw new KeystileError('KS-D103', `${folder} is larger than ${IMAGE_MAX} bytes`);
  }
  return writer.finish();
}

/** What a path holds as the part measures it: a folder as {@link firmwareImage}, a file as its bytes. Throws `KS-D103`. */
export async function measuredImage(path: string): Promise<Uint8Array> {
  const entry = await stat(path).catch((cause: Error) => {
    throw new KeystileError('KS-D103', `${path}: ${cause.message}`, { cause });
  });
  if (entry.isDirectory()) return firmwareImage(path);
  if (!entry.isFile()) throw new KeystileError('KS-D103', `${path} is neither a file nor a folder`);
  if (entry.size > IMAGE_MAX) throw new KeystileError('KS-D103', `${path} is larger than ${IMAGE_MAX} bytes`);
  return readFile(path);
}

/** What a part measures as its first stage (ARCHITECTURE section 4.3). */
const IMAGE_MAX = 256 * 1024;

async function filesBelow(folder: string, prefix: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) paths.push(...(await filesBelow(folder, path)));
    else if (entry.isFile()) paths.push(path);
    else throw new KeystileError('KS-D103', `${join(folder, path)} is neither a file nor a folder`);
  }
  return paths;
}
