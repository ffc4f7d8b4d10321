import { once } from 'node:events';
import { type BootImages, bootPart, loadHostPairing, openPart, type StreamOptions, stream } from '@keystile/device';
import { KeystileError } from '@keystile/errors';
import { type CommandName, commands } from '@keystile/link';

/**
 * A host of its own: the device SDK, and nothing of the part. Its parent tells it what to do over the channel of the
 * process and reads its memory while it stands still.
 *
 *   node host.ts BUS-SOCKET spi:10MHz PAIRING-FILE
 */
export type HostOrder =
  | { readonly op: 'call'; readonly name: CommandName; readonly request: unknown }
  | { readonly op: 'boot'; readonly images: BootImages }
  /** Some lines there and back; with `stays` the connection is left open. */
  | { readonly op: 'talk'; readonly to: Target; readonly stays?: boolean }
  /** A leak, for the search to find: bytes that stay in a Buffer, and a line of the log. */
  | { readonly op: 'keep' | 'print'; readonly bytes: Uint8Array };

type Target = Pick<StreamOptions, 'policy' | 'host' | 'port' | 'serverName'>;

export type HostAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly code: string; readonly detail: string };

const [path = '', bus = '', pairingFile = ''] = process.argv.slice(2);
const part = await openPart({ path, bus, pairing: await loadHostPairing(pairingFile) });
const kept: Buffer[] = [];

process.on('message', (message: HostOrder & { readonly id: number }) => {
  const { id } = message;
  carryOut(message).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, ...reasonOf(error) }),
  );
});
process.send?.({ id: 0, result: 'ready' });

async function carryOut(order: HostOrder): Promise<unknown> {
  switch (order.op) {
    case 'call':
      return part.call(commands[order.name] as never, order.request as never);
    case 'boot':
      return bootPart(part, order.images);
    case 'talk':
      return talk(order.to, order.stays === true);
    case 'keep':
      kept.push(Buffer.from(order.bytes));
      return kept.length;
    case 'print':
      console.error(`key: ${Buffer.from(order.bytes).toString('hex')}`);
      return undefined;
  }
}

async function talk(to: Target, stays: boolean): Promise<void> {
  const connection = stream({ part, ...to });
  for (const line of ['twenty-one degrees', 'twenty-two degrees']) {
    connection.write(line);
    const [echoed] = await once(connection, 'data');
    console.error(`host: ${String(echoed)}`);
  }
  if (stays) {
    connection.on('error', (error) => console.error(error));
    return;
  }
  connection.end();
  await once(connection, 'close');
}

function reasonOf(error: unknown): { code: string; detail: string } {
  console.error(error);
  if (error instanceof KeystileError) return { code: error.code, detail: error.detail };
  return { code: 'none', detail: String(error) };
}
