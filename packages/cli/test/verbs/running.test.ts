import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual, promisify } from 'node:util';
import { homePaths } from '../../src/home/paths.ts';
import { run, start } from '../keystile.ts';
import { endOf, freePorts, processesOf, type RunningSystem, startSystem, untilGone } from '../running-system.ts';

const runFile = promisify(execFile);
const mosquitto = existsSync('/usr/bin/mosquitto_pub') && existsSync('/usr/bin/mosquitto_sub');

describe('a running system', () => {
  let folder = '';
  let home = '';
  let system: RunningSystem;
  const keystile = (...args: string[]) => run([...args, '--home', home]);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keystile-'));
    home = join(folder, 'home');
    system = await startSystem(home);
  });

  after(async () => {
    if (system.up.exitCode === null && system.up.signalCode === null) system.up.kill('SIGTERM');
    await untilGone(home, 10_000);
    await rm(folder, { recursive: true, force: true });
  });

  test('says where it listens and who the device is', () => {
    const { document } = system;
    assert.equal(document.ok, true);
    assert.equal(document.isNew, true);
    assert.equal(document.identity, `urn:keystile:home:device:${document.device.id}`);
    assert.ok(document.link.startsWith(document.console));
  });

  test('a second instance on the same home is refused and told which process runs', async () => {
    const { code, stderr } = await keystile('up', ...freePorts);
    assert.equal(code, 3);
    assert.match(stderr, new RegExp(`KS-U110: process ${system.up.pid} `));
  });

  test('status tells what runs, how the part and the device are, and what custody is worth', async () => {
    const { code, stdout } = await keystile('status', '--json');
    assert.equal(code, 0);
    const document = JSON.parse(stdout);
    assert.equal(document.running, true);
    assert.deepEqual(document.instance.ports, system.document.ports);
    assert.equal(document.part.lifeCycle, 'operational');
    assert.equal(document.part.bootState, 'passed');
    assert.equal(document.news.availability, 'online');
    assert.match(document.custody, /same user id: demonstration/);
    const names = document.certificates.map((each: { name: string }) => each.name);
    for (const name of ['root', 'broker', 'console', 'operator', 'device']) assert.ok(names.includes(name), name);
    const plain = await keystile('status');
    assert.match(plain.stdout, /demonstration/);
  });

  test('boot status says what the part measured, boot verify that the installed images are those', async () => {
    const status = await keystile('boot', 'status', '--json');
    const { serial, bootCount, ...boot } = JSON.parse(status.stdout);
    assert.match(serial, /^KV-/);
    assert.ok(bootCount >= 1);
    const version = { version: 1, versionMin: 1 };
    assert.deepEqual(boot, { bootState: 'passed', bootArmed: false, firmware: version, configuration: version });
    const { device } = homePaths(home);
    const images = ['--firmware', join(device, 'firmware'), '--configuration', join(device, 'air-conditioner.json')];
    const { code, stdout } = await keystile('boot', 'verify', ...images, '--manifests', device);
    assert.equal(code, 0);
    assert.match(stdout, /signed for keystile-virtual-1: firmware version 1/);
  });

  test('chip info works while the device holds the bus', async () => {
    const { code, stdout } = await keystile('chip', 'info', '--json');
    assert.equal(code, 0);
    const report = JSON.parse(stdout);
    assert.equal(report.serial, system.document.device.serial);
    assert.equal(report.tampered, false);
    assert.equal(report.firmwareVersionMin, 1);
  });

  test('pub and sub carry a message, its retained copy, and the exit codes of their limits', async () => {
    const { id } = system.document.device;
    const state = await keystile('sub', '-t', `ac/${id}/state`, '-C', '1', '-W', '10', '-v');
    assert.equal(state.code, 0, state.stderr);
    assert.match(state.stdout, new RegExp(`^ac/${id}/state \\{"temperature":`));
    const subscription = keystile('sub', '-t', `ac/${id}/refused`, '-C', '1', '-W', '20', '--json');
    await untilRefused(subscription, () => keystile('pub', '-t', `ac/${id}/set/set-point`, '-m', '99', '-q', '1'));
    const refused = JSON.parse((await subscription).stdout) as { topic: string; payload: string };
    assert.equal(refused.topic, `ac/${id}/refused`);
    assert.equal(JSON.parse(refused.payload).code, 'KS-U202');
    const quiet = await keystile('sub', '-t', 'ac/nobody/state', '-W', '1');
    assert.equal(quiet.code, 27);
    assert.match(quiet.stderr, /KS-U126/);
  });

  test('pub takes its payload from stdin, by line or whole', async () => {
    const { id } = system.document.device;
    const topic = `ac/${id}/set/fan`;
    const lines = await run(['pub', '-t', topic, '-l', '--json', '--home', home], { input: 'low\nhigh\n' });
    assert.deepEqual(JSON.parse(lines.stdout), { ok: true, topic, sent: 2 });
    const whole = await run(['pub', '-t', `ac/${id}/set/mode`, '-s', '-q', '1', '--home', home], { input: 'dry' });
    assert.equal(whole.code, 0, whole.stderr);
    const reported = async (): Promise<object> => {
      const state = await keystile('sub', '-t', `ac/${id}/state`, '-C', '1', '-W', '10');
      const { fan, mode } = JSON.parse(state.stdout);
      return { fan, mode };
    };
    await untilEqual(reported, { fan: 'high', mode: 'dry' });
  });

  test('a wrong root, a missing key and a port where nobody listens are coded errors', async () => {
    const paths = homePaths(home);
    const wrongRoot = await keystile('pub', '-t', 'a', '-n', '--cafile', join(paths.authority, 'maker-ca', 'cert.pem'));
    assert.equal(wrongRoot.code, 3);
    assert.match(wrongRoot.stderr, /KS-U123/);
    assert.match((await keystile('pub', '-t', 'a', '-n', '--cert', 'x')).stderr, /KS-U100/);
    assert.match((await keystile('pub', '-t', 'a', '-n', '-p', '1')).stderr, /KS-U123/);
  });

  test("Mosquitto's own clients work with the operator's certificate", {
    skip: mosquitto ? false : 'mosquitto-clients is not installed',
  }, async () => {
    const paths = homePaths(home);
    const { id } = system.document.device;
    const access = [
      ...['-h', 'localhost', '-p', String(system.document.ports.broker), '-i', 'cli/mosquitto'],
      ...['--cafile', join(paths.authority, 'root', 'cert.pem')],
      ...['--cert', join(paths.operator, 'cert.pem'), '--key', join(paths.operator, 'key.pem')],
    ];
    await runFile('mosquitto_pub', [...access, '-t', `ac/${id}/set/set-point`, '-m', '18.5', '-q', '2']);
    const subscription = [...access, '-t', `ac/${id}/state`, '-C', '1', '-W', '10', '-V', '5'];
    const setPoint = async (): Promise<number> =>
      JSON.parse((await runFile('mosquitto_sub', subscription)).stdout).setPoint;
    await untilEqual(setPoint, 18.5);
  });

  test('agent carries unmodified clients beside the air conditioner; its death is theirs, and their wills are published', {
    skip: mosquitto ? false : 'mosquitto-clients is not installed',
  }, async () => {
    const topic = `ac/${system.document.device.id}/refused`;
    const read = async (): Promise<string> => (await keystile('sub', '-t', topic, '-C', '1', '-W', '10')).stdout.trim();
    const place = homePaths(home).agentSocket;
    const killed = await startAgent();
    const will = ['--will-topic', topic, '--will-payload', 'died', '--will-retain'];
    const subscriber = spawn('mosquitto_sub', ['--unix', place, '-V', '5', '-i', 'script', '-t', topic, ...will]);
    await once(createInterface({ input: killed.stderr as Readable }), 'line');
    killed.kill('SIGKILL');
    await endOf(killed);
    assert.equal(await read(), 'died');
    subscriber.kill();
    // The socket that it left behind does not stand in the way.
    const agent = await startAgent();
    await runFile('mosquitto_pub', ['--unix', place, '-V', '5', '-t', topic, '-m', 'by the agent', '-q', '1', '-r']);
    assert.equal(await read(), 'by the agent');
    agent.kill('SIGTERM');
    assert.equal(await endOf(agent), 0);
    assert.equal(existsSync(place), false);
  });

  async function startAgent(): Promise<ChildProcess> {
    const agent = start(['agent', '--json', '--home', home]);
    const [line] = (await once(createInterface({ input: agent.stdout as Readable }), 'line')) as [string];
    const { ok, listen } = JSON.parse(line) as { ok: boolean; listen: string };
    assert.deepEqual([ok, listen], [true, `unix:${homePaths(home).agentSocket}`]);
    return agent;
  }

  test('agent refuses what it cannot use, by its code', async () => {
    const cases = [
      [['--part', 'x'], 2, 'KS-U150'],
      [['--listen', 'tcp:0'], 2, 'KS-D135'],
      [['--listen', 'tcp:0', '--secrets', join(folder, 'none.json')], 3, 'KS-D136'],
    ] as const;
    await Promise.all(
      cases.map(async ([args, exit, code]) => {
        const refused = await keystile('agent', ...args);
        assert.equal(refused.code, exit, refused.stderr);
        assert.match(refused.stderr, new RegExp(code));
      }),
    );
  });

  test('console link gives a new one-time link', async () => {
    const { code, stdout } = await keystile('console', 'link');
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(system.document.console));
    assert.notEqual(stdout.trim(), system.document.link);
  });

  test('reset refuses while it runs', async () => {
    const { code, stderr } = await keystile('reset', '--yes');
    assert.equal(code, 3);
    assert.match(stderr, /KS-U110/);
  });

  test('tamper asks first, then destroys the keys for ever', async () => {
    const unasked = await keystile('chip', 'tamper');
    assert.equal(unasked.code, 2);
    const { code, stdout } = await keystile('chip', 'tamper', '--yes', '--json');
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).lifeCycle, 'tampered');
    assert.equal(JSON.parse((await keystile('chip', 'info', '--json')).stdout).tampered, true);
  });

  test('the broker does not see the tampered device again, and everybody who subscribes is told so', async () => {
    const { id } = system.document.device;
    const log = () => readFile(join(homePaths(home).run, 'broker.log'), 'utf8');
    const admissions = async (): Promise<number> =>
      (await log())
        .split('\n')
        .filter((line) => line.includes('"event":"connected"') && line.includes(`:device:${id}"`)).length;
    await untilSaid(system, /KS-C113: TLS_OPEN would use a key that a tamper event has destroyed/);
    const before = await admissions();
    const { stdout } = await keystile('sub', '-t', `ac/${id}/availability`, '-C', '1', '-W', '10');
    assert.equal(stdout.trim(), 'offline');
    assert.ok(before >= 1);
    assert.equal(await admissions(), before);
  });

  test('Ctrl-C, sent to the whole process group, ends everything cleanly', async () => {
    if (system.up.pid === undefined) assert.fail('no process');
    process.kill(-system.up.pid, 'SIGINT');
    assert.equal(await endOf(system.up), 0, system.stderr());
    assert.deepEqual(await processesOf(home), []);
    assert.equal(existsSync(homePaths(home).lock), false);
    assert.equal((await keystile('chip', 'info')).code, 3);
  });

  test('a part that was tampered with stays so: the next start is refused', async () => {
    const { code, stdout } = await keystile('up', '--once', '--json');
    assert.equal(code, 1);
    assert.partialDeepStrictEqual(JSON.parse(stdout), { ok: false, code: 'KS-C113' });
  });
});

test('kill -9 of up leaves no process behind, and the next start works', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'keystile-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const home = join(folder, 'home');
  const { up, document } = await startSystem(home);
  assert.ok((await processesOf(home)).length >= 5);
  up.kill('SIGKILL');
  await endOf(up);
  assert.deepEqual(await untilGone(home, 10_000), []);
  const again = await run(['up', '--once', '--json', '--home', home]);
  assert.equal(again.code, 0, `${again.stdout}${again.stderr}`);
  assert.equal(JSON.parse(again.stdout).identity, document.identity);
});

test('a first start that is interrupted takes back what it made', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'keystile-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const home = join(folder, 'home');
  const up = start(['up', '--home', home, ...freePorts]);
  up.stderr?.once('data', () => up.kill('SIGINT'));
  assert.equal(await endOf(up), 0);
  assert.deepEqual(await untilGone(home, 10_000), []);
  assert.equal((await run(['status', '--home', home])).stderr.includes('KS-U115'), true);
});

/** The broker has the command before the device has obeyed: the retained state follows a moment later. */
async function untilEqual<T>(ask: () => Promise<T>, expected: T): Promise<void> {
  const until = performance.now() + 10_000;
  let answer = await ask();
  while (!isDeepStrictEqual(answer, expected) && performance.now() < until) answer = await ask();
  assert.deepEqual(answer, expected);
}

/** The device tries again by itself; what it is told arrives on the terminal of `up`. */
async function untilSaid(system: RunningSystem, pattern: RegExp): Promise<void> {
  for (let waited = 0; waited < 10_000 && !pattern.test(system.stderr()); waited += 50) await sleep(50);
  assert.match(system.stderr(), pattern);
}

/** Publishes again and again until the subscription, which takes a moment to stand, has got its message. */
async function untilRefused(subscription: Promise<unknown>, publish: () => Promise<unknown>): Promise<void> {
  let done = false;
  const finished = subscription.finally(() => {
    done = true;
  });
  while (!done) await Promise.race([publish(), finished]);
  await finished;
}
