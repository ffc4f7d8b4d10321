import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { createFleet, Registry, registryPath } from '@keystile/authority';
import { openPart } from '@keystile/device';
import { commands } from '@keystile/link';
import { askControl } from '@keystile/link/node';
import { run, start } from '../keystile.ts';
import { scratchFolder } from '../scratch.ts';

interface Served {
  readonly process: ChildProcess;
  readonly document: {
    readonly ok: boolean;
    readonly pid: number;
    readonly profile: string;
    readonly parts: readonly { readonly socket: string; readonly control: string }[];
  };
  /** Its exit code and what it said on stdout after the document. */
  end(): Promise<{ readonly code: number | null; readonly rest: string }>;
}

/** Flags of a part below `folder`. */
function pathsBelow(folder: string): string[] {
  const at = (name: string): string => join(folder, name);
  return ['--nvm', at('nvm'), '--fuse', at('fuses'), '--socket', at('bus'), '--control', at('pins')];
}

async function serve(t: TestContext, args: readonly string[]): Promise<Served> {
  const served = start(['chip', 'serve', '--json', ...args]);
  t.after(() => served.kill('SIGKILL'));
  if (served.stdout === null) throw new TypeError('no pipe');
  const lines = createInterface({ input: served.stdout });
  const said: string[] = [];
  lines.on('line', (line) => said.push(line));
  const exited = once(served, 'close') as Promise<[number | null]>;
  await Promise.race([once(lines, 'line'), exited]);
  const document = JSON.parse(said.shift() ?? '{}') as Served['document'];
  const end = async (): Promise<{ code: number | null; rest: string }> => {
    const [code] = await exited;
    return { code, rest: said.join('\n') };
  };
  return { process: served, document, end };
}

test('a part is served, made and attacked by the command line alone', async (t) => {
  const folder = await scratchFolder(t);
  const authority = join(folder, 'authority');
  await createFleet({ folder: authority, name: 'home', now: Date.now });
  const paths = pathsBelow(folder);
  const { process: served, document, end } = await serve(t, [...paths, '--profile', 'ta100']);
  const [socket, control] = [join(folder, 'bus'), join(folder, 'pins')];
  assert.deepEqual(document, { ok: true, pid: document.pid, profile: 'ta100', parts: [{ socket, control }] });

  const second = await run(['chip', 'serve', ...paths]);
  assert.match(second.stderr, /KS-C135: .*nvm is in use/);
  assert.equal(second.code, 3);

  const maker = ['chip', 'new', '--authority', authority, '--socket', socket, '--json'];
  const made = await run([...maker, '--serial', 'KV-000001', '--model', 'M']);
  assert.partialDeepStrictEqual(JSON.parse(made.stdout), { ok: true, serial: 'KV-000001', model: 'M' });
  assert.equal((await Registry.open(registryPath(authority))).find('KV-000001')?.model, 'M');
  assert.partialDeepStrictEqual(JSON.parse((await run(maker)).stdout), { ok: false, code: 'KS-A110' });

  const tampered = await run(['chip', 'tamper', '--control', control, '--cause', 'temperature', '--yes', '--json']);
  const expected = { ok: true, cause: 'temperature', serial: 'KV-000001', lifeCycle: 'tampered', tampered: true };
  assert.deepEqual(JSON.parse(tampered.stdout), expected);
  const { bootCount } = await askControl(control, { op: 'status' });
  assert.equal((await run(['chip', 'reset-line', '--control', control])).code, 0);
  assert.partialDeepStrictEqual(await askControl(control, { op: 'status' }), { bootCount, profile: 'ta100' });

  served.kill('SIGTERM');
  assert.deepEqual(await end(), { code: 0, rest: '' });
  assert.throws(() => process.kill(document.pid, 0), { code: 'ESRCH' });
});

test('many parts in one process, over a disturbed bus, are many parts', async (t) => {
  const folder = await scratchFolder(t);
  const {
    document,
    process: served,
    end,
  } = await serve(t, [...pathsBelow(folder), ...['--parts', '3', '--bus-faults', 'seed=5,flip=0.05,duplicate=0.05']]);
  const sockets = document.parts.map((part) => part.socket);
  assert.deepEqual(
    sockets,
    [1, 2, 3].map((n) => join(folder, `bus.${n}`)),
  );
  for (const [i, path] of sockets.entries()) {
    const part = await openPart({ path, bus: 'i2c:400kHz' });
    await part.call(commands.makerBegin, { serial: `KV-${i}`, model: 'M' });
    for (let call = 0; call < 20; call++) assert.equal((await part.call(commands.info, {})).serial, `KV-${i}`);
    assert.ok(part.counters.retransmissions > 0, 'the bus was disturbed');
    part.close();
  }
  for (const n of [1, 2, 3]) assert.ok(existsSync(join(folder, `nvm.${n}`, 'snapshot.0')));
  served.kill('SIGINT');
  assert.equal((await end()).code, 0);
});

test('power that is cut at a write ends the part and the command, with its code', async (t) => {
  const folder = await scratchFolder(t);
  const paths = pathsBelow(folder);
  const { end } = await serve(t, [...paths, '--cut-power-at-write', '3']);
  const part = await openPart({ path: join(folder, 'bus'), bus: 'spi:10MHz' });
  await assert.rejects(async () => {
    for (let i = 0; i < 8; i++) await part.call(commands.makerBegin, { serial: `KV-${i}`, model: 'M' });
  }, /KS-L106/);
  const { code, rest } = await end();
  assert.equal(code, 3);
  assert.partialDeepStrictEqual(JSON.parse(rest), {
    ok: false,
    code: 'KS-U130',
    cause: 'its process ended with SIGKILL',
  });
});

test('what is no order for a part is refused before there is one', async (t) => {
  const folder = await scratchFolder(t);
  const paths = pathsBelow(folder);
  const refusals: readonly (readonly [readonly string[], RegExp, number])[] = [
    [['--bus-faults', 'noise=1'], /KS-L130/, 2],
    [['--profile', 'tpm'], /KS-U100.*atecc608/, 2],
    [['--parts', '0'], /KS-U100.*from 1 to 1000/, 2],
    [['--cut-power-at-write', 'now'], /KS-U100/, 2],
    [['--fuse', join(folder, 'nvm', 'fuses')], /KS-C240/, 1],
  ];
  for (const [args, said, code] of refusals) {
    const { stderr, code: ended } = await run(['chip', 'serve', ...paths, ...args]);
    assert.match(stderr, said);
    assert.equal(ended, code, stderr);
  }
  assert.match((await run(['chip', 'serve', '--nvm', 'x'])).stderr, /KS-U100.*--fuse/);
});
