import { sign } from 'node:crypto';
import { once } from 'node:events';
import { TicketStore, type TraceEvent } from '@keystile/tls';
import { connect, type Signer, type TlsStream } from '@keystile/tls/node';
import { type Cell, policyOf, smallRecordLength, versionOf } from './cell.ts';
import { type Credential, serverName } from './credentials.ts';
import { Line } from './line.ts';
import type { PeerSite, RunningServer } from './peer.ts';

/** More than three small records, and less than what `openssl s_server` and `selfserv` read as one. */
const TEXT_LENGTH = 2_000;
const HANDSHAKE_MS_MAX = 10_000;
const CLOSE_MS_MAX = 5_000;
const TICKET_MS_MAX = 5_000;

/** Runs one cell against a server of its own. Rejects with what is not as the cell says. */
export async function runCell(site: PeerSite, cell: Cell): Promise<void> {
  const { peer, credentials, network } = site;
  const server = await peer.start({ ...cell, credentials, network });
  try {
    const tickets = new TicketStore();
    await visit({ ...site, server, tickets }, cell, { resumed: false });
    if (cell.resumption) await visit({ ...site, server, tickets }, cell, { resumed: true });
  } finally {
    await server.stop();
  }
}

interface Visit extends PeerSite {
  readonly server: RunningServer;
  readonly tickets: TicketStore;
}

/** One connection from the first byte to the last. */
async function visit(
  { peer, server, credentials, tickets }: Visit,
  cell: Cell,
  expected: { readonly resumed: boolean },
): Promise<void> {
  const line = new Line(await server.dial(), cell.records);
  const events: TraceEvent[] = [];
  const client = credentials.client(cell.chainLength);
  const stream = connect({
    socket: line,
    servername: serverName,
    ca: credentials.root,
    policy: policyOf(cell),
    handshakeTimeoutMs: HANDSHAKE_MS_MAX,
    trace: (event) => events.push(event),
    ...(cell.clientAuthentication ? { cert: client.chain, signer: signerOf(client) } : {}),
    ...(cell.resumption ? { tickets } : {}),
  });
  // Whoever waits at the time hears of it as well.
  stream.on('error', () => {});
  try {
    await once(stream, 'secureConnect');
    demandAgreed(stream, cell, { resumed: expected.resumed, events });
    await peer.exchange(stream, textOf(cell));
    demandRecords(events, cell);
    if (cell.clientAuthentication) await server.sawClient();
    if (expected.resumed) await server.sawResumption?.();
    else if (cell.resumption) await ticketIn(tickets);
    await end(stream);
  } finally {
    stream.destroy();
    line.destroy();
  }
}

function demandAgreed(
  stream: TlsStream,
  cell: Cell,
  { resumed, events }: { readonly resumed: boolean; readonly events: readonly TraceEvent[] },
): void {
  const agreed = {
    version: stream.getProtocol(),
    suite: stream.getCipher()?.name,
    group: stream.getEphemeralKeyInfo().name,
    resumed: stream.isSessionReused(),
    hellos: events.filter((event) => event.kind === 'message' && event.name === 'ClientHello').length,
    signatures: events.filter((event) => event.kind === 'signature' && event.action === 'accepted').length,
  };
  const wanted: typeof agreed = {
    version: `TLSv${versionOf(cell.suite)}`,
    suite: cell.suite,
    // A resumed session of TLS 1.2 has no key exchange.
    group: resumed && versionOf(cell.suite) === '1.2' ? undefined : cell.group,
    resumed,
    hellos: cell.retry ? 2 : 1,
    signatures: cell.clientAuthentication && !resumed ? 1 : 0,
  };
  if (JSON.stringify(agreed) !== JSON.stringify(wanted)) {
    throw new Error(`agreed on ${JSON.stringify(agreed)}, wanted ${JSON.stringify(wanted)}`);
  }
}

/** The answer came in records of about 512 bytes, as we or the server's settings asked. */
function demandRecords(events: readonly TraceEvent[], { records }: Cell): void {
  if (records !== 'limited' && records !== 'small') return;
  const lengths = events.map((event) =>
    event.kind === 'application-data' && event.direction === 'received' ? event.length : 0,
  );
  // In TLS 1.2 the content type does not count to record_size_limit (RFC 8449 §4).
  if (Math.max(...lengths) > smallRecordLength + 1) throw new Error(`records of ${lengths} bytes came`);
}

async function ticketIn(tickets: TicketStore): Promise<void> {
  const deadline = Date.now() + TICKET_MS_MAX;
  while (tickets.size === 0) {
    if (Date.now() > deadline) throw new Error('no ticket came');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** close_notify from us; the server's must follow, or the stream fails. */
async function end(stream: TlsStream): Promise<void> {
  stream.resume();
  stream.end();
  if (!stream.closed) await once(stream, 'close', { signal: AbortSignal.timeout(CLOSE_MS_MAX) });
  if (stream.errored !== null) throw stream.errored;
}

function signerOf({ key }: Credential): Signer {
  return (input) => sign('sha256', input, { key, dsaEncoding: 'der' });
}

/** One line of letters, not the same for every cell. */
function textOf({ suite, group }: Cell): string {
  return `${suite}${group}`.replaceAll(/\W/g, '').repeat(TEXT_LENGTH).slice(0, TEXT_LENGTH);
}
