import { encodeUtf8, equalPublicBytes } from '@keystile/bytes';
import type { ShimConnection } from './connection.ts';
import type { Flags } from './flags.ts';

/** The sizes around which record layers err. */
const recordSizes = [0, 1, 255, 256, 257, 16_383, 16_384, 16_385, 32_767, 32_768, 32_769] as const;
/** Below a record's size, so that one record is read in several pieces. */
const READ_SIZE_DEFAULT = 512;

/** What the runner expects on a connection after its handshake: exporter values, its first words, an echo. */
export async function exchange(connection: ShimConnection, flags: Flags): Promise<void> {
  const { client } = connection;
  const exported = flags['export-keying-material'] ?? 0;
  if (exported > 0) {
    const context = flags['use-export-context'] === true ? encodeUtf8(flags['export-context'] ?? '') : undefined;
    connection.write(client.exporter(flags['export-label'] ?? '', context, exported));
  }
  if (flags['write-different-record-sizes'] === true) {
    for (const size of recordSizes) connection.write(new Uint8Array(size).fill(0x42));
    await readToTheEnd(connection);
    return;
  }
  const firstWords = encodeUtf8(flags['shim-initial-write'] ?? 'hello');
  const isWriteUnfinished = flags['read-with-unfinished-write'] === true;
  if (isWriteUnfinished) connection.writeInPart(firstWords);
  else if (flags['shim-writes-first'] === true) {
    for (let i = 0; i < (flags['repeat-shim-initial-write'] ?? 1); i++) connection.write(firstWords);
  }
  if (flags['shim-shuts-down'] !== true) await echo(connection, flags);
}

/** And gives away what comes. */
export async function readToTheEnd(connection: ShimConnection): Promise<void> {
  while ((await connection.read(READ_SIZE_DEFAULT)).length > 0);
}

/** Sends everything back with its bits inverted, until the runner ends the connection. */
async function echo(connection: ShimConnection, flags: Flags): Promise<void> {
  for (;;) {
    if (flags['key-update-before-read'] === true) connection.updateKeys();
    const before = flags['use-exporter-between-reads'] === true ? sample(connection) : undefined;
    const data = await connection.read(flags['read-size'] ?? READ_SIZE_DEFAULT);
    if (data.length === 0) return;
    if (before !== undefined && !equalPublicBytes(before, sample(connection))) {
      throw new Error('the exporter changed its mind');
    }
    connection.resumeWriting();
    if (flags['key-update'] === true) connection.updateKeys();
    connection.write(data.map((byte) => byte ^ 0xff));
  }
}

function sample(connection: ShimConnection): Uint8Array {
  return connection.client.exporter('EXPORTER-sample', new Uint8Array(0), 32);
}
