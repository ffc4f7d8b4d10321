import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { controlSocketPath, servicePath } from '../src/index.ts';
import { readServiceState } from '../src/service/service-state.ts';
import { homeWithFleet } from './support/home.ts';
import { ask } from './support/https.ts';

interface Program {
  readonly process: ChildProcessWithoutNullStreams;
  readonly first: Record<string, unknown>;
  readonly exited: Promise<number | null>;
  /** What it has written to stderr. */
  readonly log: () => string;
}

let home: string;
let anchor: string;
before(async (context) => {
  ({ home } = await homeWithFleet(context as TestContext));
  anchor = await readFile(join(home, 'authority/root/cert.pem'), 'utf8');
});

/** Starts the program; the first line on stdout says whether it is ready. Nothing listens where its broker should be. */
async function start(context: TestContext, ...args: string[]): Promise<Program> {
  const child = spawn(process.execPath, [
    fileURLToPath(servicePath),
    ...['--home', home, '--port', '0', '--broker-url', 'mqtts://localhost:1'],
    ...args,
  ]);
  const exited = once(child, 'exit').then(([code]: unknown[]) => (typeof code === 'number' ? code : null));
  context.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const errors: string[] = [];
  child.stderr.on('data', (piece) => errors.push(String(piece)));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const { value } = await lines.next();
  return { process: child, first: JSON.parse(String(value)), exited, log: () => errors.join('') };
}

test('it serves the console, gives new links, opens no inspector, and ends when it is told', async (context) => {
  const { first, process: child, exited, log } = await start(context);

  await context.test('the first line says where the console is, with a one-time link of 256 bits', async () => {
    assert.equal(first.ready, true);
    assert.match(String(first.console), /^https:\/\/localhost:[0-9]+$/);
    const link = new URL(String(first.link));
    assert.equal(Buffer.from(link.searchParams.get('link') ?? '', 'base64url').length, 32);
    assert.equal((await ask(link.href, anchor)).status, 200);
  });

  await context.test('the control socket gives another link', async () => {
    const socket = connect(controlSocketPath(home), () => socket.write('{"op":"link"}\n'));
    const [piece] = (await once(socket, 'data')) as [Buffer];
    socket.end();
    const answer = JSON.parse(piece.toString());
    assert.equal(answer.ok, true);
    assert.notEqual(answer.link, first.link);
    assert.equal((await ask(answer.link, anchor)).status, 200);
  });

  await context.test('SIGUSR1 opens no inspector', async () => {
    child.kill('SIGUSR1');
    assert.equal((await ask(String(first.link), anchor)).status, 200, 'it goes on');
    assert.doesNotMatch(log(), /Debugger listening/);
  });

  await context.test('the log shows no link', () => {
    const secret = new URL(String(first.link)).searchParams.get('link') ?? '';
    assert.equal(log().includes(secret), false);
    assert.match(log(), /Server listening/, 'there is a log');
  });

  child.kill('SIGTERM');
  assert.equal(await exited, 0);
});

test('it ends when its parent goes', async (context) => {
  const { first, process: child, exited } = await start(context);
  assert.equal(first.ready, true);
  child.stdin.end();
  assert.equal(await exited, 0);
});

test('it opens no issuing, boot, line or administrator key: it runs with them gone', async (context) => {
  const { home: bare, fleet } = await homeWithFleet(context);
  const kept = ['console/key.pem', 'service/key.pem', 'keys/token.pem', 'keys/time.pem'];
  for (const name of Object.keys(fleet.authorities)) await rm(join(bare, 'authority', name, 'key.pem'));
  for (const name of ['device-ca', 'server-ca', 'client-ca', 'maker-ca']) {
    await rm(join(bare, 'authority', name), { recursive: true });
  }
  for (const name of ['boot', 'line', 'administrator', 'administrator-next', 'receipt'])
    await rm(join(bare, 'authority/keys', `${name}.pem`));
  const { first } = await start(context, '--home', bare);
  assert.equal(first.ready, true, JSON.stringify(first));
  // The counter-check: each of the four keys that it does need is missed.
  for (const name of kept) {
    const path = join(bare, 'authority', name);
    const text = await readFile(path);
    await rm(path);
    await assert.rejects(readServiceState(bare), { code: 'KS-A100' }, name);
    await writeFile(path, text, { mode: 0o600 });
  }
});

test('a busy port, an open key and a wrong flag end it with a code', async (context) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  context.after(() => other.close());
  const address = other.address();
  assert.ok(address !== null && typeof address === 'object');
  const busy = await start(context, '--port', String(address.port));
  assert.partialDeepStrictEqual(busy.first, { ready: false, code: 'KS-A130' });
  assert.equal(await busy.exited, 1);

  const key = join(home, 'authority/console/key.pem');
  await chmod(key, 0o644);
  context.after(() => chmod(key, 0o600));
  assert.partialDeepStrictEqual((await start(context)).first, { ready: false, code: 'KS-A101' });

  assert.partialDeepStrictEqual((await start(context, '--nonsense')).first, { ready: false, code: 'KS-U100' });
});
