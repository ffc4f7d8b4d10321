import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { spawnPart } from '@keystile/chip/node';
import { openPart } from '@keystile/device';
import { commands } from '@keystile/link';
import { permissionFlags } from '../../src/node/permissions.ts';

/**
 * What code would try that has got into the part's process, whatever got it there. `fs`, `own` (its NVM folder),
 * `foreign` (a folder of the host) and `code` (a file of its own code) are at its disposal.
 */
const attempts: Readonly<Record<string, string>> = {
  'read a file of the host': `fs.readFileSync(foreign + '/secret')`,
  'read it asynchronously': `await fs.promises.readFile(foreign + '/secret')`,
  'read it as a stream': `for await (const chunk of fs.createReadStream(foreign + '/secret')) chunk`,
  'open it by a URL': `fs.openSync(new URL('file://' + foreign + '/secret'))`,
  'open it by way of its own folder': `fs.openSync(own + '/../foreign/secret')`,
  'see whether it is there': `fs.statSync(foreign + '/secret')`,
  'list a folder of the host': `fs.readdirSync(foreign)`,
  'load it as a module': `await import('file://' + foreign + '/module.mjs')`,
  'load it as a module of the old kind': `require(foreign + '/module.cjs')`,
  'read its own memory as a file': `fs.openSync('/proc/self/mem')`,
  'read memory of its parent as a file': `fs.openSync('/proc/' + process.ppid + '/mem')`,
  'write beside its memory': `fs.writeFileSync(own + '.copy', '')`,
  'write to its code': `fs.appendFileSync(code, '')`,
  'make its code writable': `fs.chmodSync(code, 0o777)`,
  'copy its memory out': `fs.copyFileSync(own + '/snapshot.0', foreign + '/copy')`,
  'move its memory out': `fs.renameSync(own + '/snapshot.0', foreign + '/copy')`,
  'link its memory out': `fs.linkSync(own + '/snapshot.0', foreign + '/copy')`,
  'make a link to a file of the host': `fs.symlinkSync(foreign + '/secret', own + '/link')`,
  'start a process': `require('node:child_process').execFileSync(process.execPath, ['-v'])`,
  'start a shell': `require('node:child_process').execSync('true')`,
  'start a process and not wait': `require('node:child_process').spawn(process.execPath, ['-v'])`,
  'start Node': `require('node:child_process').fork(code)`,
  'start a worker': `new (require('node:worker_threads').Worker)('0', { eval: true })`,
  'load an add-on': `process.dlopen({ exports: {} }, own + '/x.node')`,
  'require an add-on': `require(own + '/x.node')`,
  'run WebAssembly with the system': `new (require('node:wasi').WASI)({ version: 'preview1' })`,
  'open the inspector': `require('node:inspector').open(0); require('node:inspector').url() ?? refused()`,
  'inspect itself': `new (require('node:inspector').Session)().connect()`,
  'write a diagnostic report': `fs.existsSync(process.report.writeReport(foreign + '/report.json')) || refused()`,
  'write a heap snapshot': `require('node:v8').writeHeapSnapshot(foreign + '/heap')`,
};

const script = `
  const fs = require('node:fs');
  const [own, foreign, code] = process.argv.slice(1);
  const refused = () => { throw Object.assign(new Error('refused'), { code: 'ERR_ACCESS_DENIED' }); };
  (async () => {
    const outcomes = {};
    const attempts = { ${Object.entries(attempts)
      .map(([name, body]) => `${JSON.stringify(name)}: async () => { ${body}; }`)
      .join(',\n')} };
    for (const [name, attempt] of Object.entries(attempts)) {
      try { await attempt(); outcomes[name] = 'allowed'; } catch (error) { outcomes[name] = error.code ?? String(error); }
    }
    fs.writeSync(1, JSON.stringify(outcomes));
    process.exit(0);
  })();
`;

let folder: string;
let own: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'ks-rights-'));
  own = join(folder, 'own');
});
after(() => rmSync(folder, { recursive: true }));

const code = join(import.meta.dirname, '../../src/node/index.ts');

/** Outcomes of all attempts, in a process with these flags and a world of its own. */
async function outcomesWith(flags: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const foreign = join(folder, 'foreign');
  for (const each of [own, foreign]) {
    rmSync(each, { recursive: true, force: true });
    mkdirSync(each);
  }
  writeFileSync(join(own, 'snapshot.0'), 'memory');
  writeFileSync(join(own, 'x.node'), '');
  writeFileSync(join(foreign, 'secret'), 'secret');
  writeFileSync(join(foreign, 'module.mjs'), 'export {};');
  writeFileSync(join(foreign, 'module.cjs'), '');
  const copy = join(folder, 'code.ts');
  writeFileSync(copy, '');
  // Without permissions the attempts succeed: they are let loose on a copy.
  const target = flags.length === 0 ? copy : code;
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', script, own, foreign, target], {
    env: {},
    cwd: folder,
  });
  return JSON.parse(stdout) as Record<string, string>;
}

describe('code in the process of a part', () => {
  it('is refused all that is not its own, by the permissions', async () => {
    const at = (name: string): string => join(folder, name);
    const paths = { nvmFolder: own, fuseFile: at('fuses'), busPath: at('bus'), controlPath: at('pins') };
    const outcomes = await outcomesWith(permissionFlags(paths));
    const allowed = Object.entries(outcomes).filter(
      ([, outcome]) => !/^ERR_(ACCESS_DENIED|DLOPEN_DISABLED)/.test(outcome),
    );
    assert.deepEqual(allowed, []);
    assert.equal(Object.keys(outcomes).length, Object.keys(attempts).length);
    assert.equal(readFileSync(join(own, 'snapshot.0'), 'utf8'), 'memory');
  });

  it('would be refused none of it without them', async () => {
    const outcomes = await outcomesWith([]);
    const refused = Object.entries(outcomes).filter(([, outcome]) =>
      /^ERR_(ACCESS_DENIED|DLOPEN_DISABLED)/.test(outcome),
    );
    assert.deepEqual(refused, []);
  });
});

describe('the process of a part', () => {
  it('opens no inspector on SIGUSR1, has no environment, listens on no network and goes on', async () => {
    const at = (name: string): string => join(folder, 'running', name);
    const paths = { nvmFolder: at('nvm'), fuseFile: at('fuses'), busPath: at('bus'), controlPath: at('pins') };
    const said: string[] = [];
    const { pid, stop } = await spawnPart({ ...paths, log: (line) => said.push(line) });
    try {
      for (let i = 0; i < 3; i++) process.kill(pid, 'SIGUSR1');
      const part = await openPart({ path: paths.busPath, bus: 'spi:10MHz' });
      for (let i = 0; i < 20; i++) await part.call(commands.info, {});
      part.close();
      assert.deepEqual(said, []);
      assert.equal(readFileSync(`/proc/${pid}/environ`, 'utf8'), '');
      assert.deepEqual(listeningPorts(pid), []);
    } finally {
      await stop();
    }
  });

  it('is what the search for open ports would find', async () => {
    const server = (await import('node:net')).createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    assert.equal(listeningPorts(process.pid).length, 1);
    server.close();
  });
});

/** Local addresses on which the process listens, as Linux writes them. */
function listeningPorts(pid: number): string[] {
  const inodes = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)));
  const LISTEN = '0A';
  return ['tcp', 'tcp6'].flatMap((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === LISTEN && inodes.has(`socket:[${inode}]`))
      .map(([, local = '']) => local),
  );
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
