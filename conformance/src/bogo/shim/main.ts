import { randomBytes } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import { alertFor, TlsClient, type TraceEvent } from '@keystile/tls';
import { ShimConnection } from './connection.ts';
import { credentialOf } from './credential.ts';
import { exchange, readToTheEnd } from './exchange.ts';
import { checkExpectations } from './expectations.ts';
import { type Flags, parseArguments, Unimplemented } from './flags.ts';
import { policyOf } from './policy.ts';
import { ServerPath } from './server-path.ts';
import { Sessions } from './sessions.ts';

/**
 * The shim of BoringSSL's test runner: a client that is told by flags what to do on one connection or several, and whose
 * exit code and standard error the runner judges. bogo/shim starts it.
 */
const EXIT_FAILED = 1;
/** The runner's word for a flag that is not implemented. */
const EXIT_UNIMPLEMENTED = 89;
/** Without a name to dial: an address, since those are never sent (RFC 6066 §3). */
const NO_NAME = '192.0.2.1';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const { initial, resumed } = parseArguments(args);
    const sessions = new Sessions();
    await connect(initial, sessions);
    for (let i = 0; i < (initial['resume-count'] ?? 0); i++) {
      sessions.demandOne();
      await connect(resumed, sessions);
    }
    return 0;
  } catch (error) {
    process.stderr.write(describe(error));
    return error instanceof Unimplemented ? EXIT_UNIMPLEMENTED : EXIT_FAILED;
  }
}

async function connect(flags: Flags, sessions: Sessions): Promise<void> {
  const path = new ServerPath(flags);
  const credential = credentialOf(flags);
  const isResumable = sessions.tickets.size > 0;
  let hellosSent = 0;
  const trace = (event: TraceEvent): void => {
    if (event.kind === 'message' && event.direction === 'sent' && event.name === 'ClientHello') hellosSent++;
  };
  const client = new TlsClient({
    policy: policyOf(flags),
    serverName: flags['host-name'] ?? NO_NAME,
    verifier: path,
    ...(credential === undefined ? {} : { clientCertificate: credential.certificate }),
    ...(flags['no-ticket'] === true ? {} : { resumption: sessions }),
    random: (length) => new Uint8Array(randomBytes(length)),
    trace,
  });
  const connection = await ShimConnection.open(client, { flags, credential });
  try {
    await connection.handshake();
    checkExpectations(flags, { status: client.status, path, hellosSent, isResumable });
    await exchange(connection, flags);
    demandOrderlyEnd(client.failure, flags);
    sessions.check(flags);
    if (flags['check-close-notify'] === true) await closeInOrder(connection, flags);
  } finally {
    await connection.end();
  }
  sessions.wait(flags['resumption-delay'] ?? 0);
}

async function closeInOrder(connection: ShimConnection, flags: Flags): Promise<void> {
  if (connection.client.status.phase === 'connected') connection.shutDown();
  await readToTheEnd(connection);
  demandOrderlyEnd(connection.client.failure, flags);
}

/** The runner closes most connections without a word, and says so when it means the end to be judged. */
function demandOrderlyEnd(failure: KeystileError | undefined, flags: Flags): void {
  if (failure === undefined || (failure.code === 'KS-T119' && flags['check-close-notify'] !== true)) return;
  throw failure;
}

function describe(error: unknown): string {
  if (error instanceof Unimplemented) return `not implemented: ${error.message}\n`;
  if (error instanceof KeystileError) return `${error.message} [alert ${alertFor(error)}]\n`;
  return error instanceof Error ? `${error.stack}\n` : `${error}\n`;
}
