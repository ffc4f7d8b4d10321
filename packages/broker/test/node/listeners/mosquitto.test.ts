import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { mqttsListener, TestBroker } from '../../support/test-broker.ts';
import { TestFleet } from '../../support/test-fleet.ts';

const run = promisify(execFile);
const missing = ['pub', 'sub', 'rr'].every((each) => existsSync(`/usr/bin/mosquitto_${each}`))
  ? false
  : 'needs Debian package mosquitto-clients';

const versions = { '3.1.1': 'mqttv311', '5.0': 'mqttv5' } as const;

describe("Mosquitto's clients over mutual TLS", { skip: missing }, () => {
  let broker: TestBroker;
  const running: ChildProcess[] = [];

  before(async () => {
    const fleet = await TestFleet.make();
    broker = await TestBroker.start(fleet, mqttsListener());
    await writeFile(join(broker.folder, 'root.pem'), fleet.authorities.root.pem);
    for (const [role, id] of [
      ['device', 'ac-1'],
      ['operator', 'olga'],
      ['application', 'app'],
    ] as const) {
      const { key, cert } = await fleet.client(role, id);
      await writeFile(join(broker.folder, `${id}.key`), key, { mode: 0o600 });
      await writeFile(join(broker.folder, `${id}.crt`), cert);
    }
  });

  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    await broker.close();
    assert.deepEqual(broker.faults, []);
  });

  function as(id: string, ...args: string[]): string[] {
    const file = (ending: string): string => join(broker.folder, `${id}.${ending}`);
    const where = ['-h', 'localhost', '-p', String(broker.port('mqtts'))];
    return [
      ...where,
      '--cafile',
      join(broker.folder, 'root.pem'),
      '--cert',
      file('crt'),
      '--key',
      file('key'),
      ...args,
    ];
  }

  /** The C library keeps what goes into a pipe until there is a lot of it. */
  function lineBuffered(id: string, ...args: string[]): string[] {
    return ['-oL', '/usr/bin/mosquitto_sub', ...as(id, ...args)];
  }

  /** A subscriber that has its SUBACK; its lines come as they arrive. */
  async function subscriber(id: string, ...args: string[]): Promise<AsyncIterator<string>> {
    const child = spawn('stdbuf', lineBuffered(id, '-d', '-W', '10', ...args));
    running.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      if (/^Subscribed/.test(line.value)) return lines;
    }
    throw new Error('mosquitto_sub ended before SUBACK');
  }

  async function lineLike(lines: AsyncIterator<string>, pattern: RegExp): Promise<string> {
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      if (pattern.test(line.value)) return line.value;
    }
    throw new Error(`no line like ${pattern}`);
  }

  for (const [version, flag] of Object.entries(versions)) {
    for (const qos of ['0', '1', '2']) {
      test(`${version}: mosquitto_pub reaches mosquitto_sub with QoS ${qos}`, async () => {
        const lines = await subscriber('olga', '-i', 'olga', '-V', flag, '-q', qos, '-t', 'ac/#', '-F', '%t %q %p');
        await run(
          '/usr/bin/mosquitto_pub',
          as('ac-1', '-i', 'ac-1', '-V', flag, '-q', qos, '-t', 'ac/ac-1/state', '-m', 'warm'),
        );
        assert.equal(await lineLike(lines, /^ac\//), `ac/ac-1/state ${qos} warm`);
        running.pop()?.kill('SIGKILL');
        await sleep(20);
      });
    }

    test(`${version}: a retained message, and the will of a publisher that is killed`, async () => {
      const pub = (...more: string[]) => run('/usr/bin/mosquitto_pub', as('ac-1', '-i', 'ac-1', '-V', flag, ...more));
      await pub('-q', '1', '-r', '-t', 'ac/ac-1/kept', '-m', 'old');
      const lines = await subscriber('olga', '-i', 'olga', '-V', flag, '-q', '1', '-t', 'ac/#', '-F', '%t %r %p');
      assert.equal(await lineLike(lines, /^ac\//), 'ac/ac-1/kept 1 old');
      await pub('-q', '1', '-r', '-n', '-t', 'ac/ac-1/kept');
      await lineLike(lines, /^ac\/ac-1\/kept 0 $/);
      const will = ['--will-topic', 'ac/ac-1/availability', '--will-payload', 'offline', '--will-qos', '1'];
      const dying = spawn(
        'stdbuf',
        lineBuffered('ac-1', '-d', '-i', 'ac-1', '-V', flag, '-t', 'ac/ac-1/set/#', ...will),
      );
      running.push(dying);
      for await (const line of createInterface({ input: dying.stdout })) if (/^Subscribed/.test(line)) break;
      dying.kill('SIGKILL');
      await once(dying, 'exit');
      assert.equal(await lineLike(lines, /^ac\/ac-1\/availability/), 'ac/ac-1/availability 0 offline');
      for (const child of running.splice(0)) child.kill('SIGKILL');
      await sleep(20);
    });
  }

  for (const [version, flag] of Object.entries(versions)) {
    test(`${version}: mosquitto_sub finds in its kept session what came while it was away`, async () => {
      const kept = ['-i', 'ac-1', '-V', flag, '-c', ...(flag === 'mqttv5' ? ['-x', '60'] : [])];
      const set = ['-q', '2', '-t', 'ac/ac-1/set/#'];
      // -E ends it with SUBACK.
      await run('/usr/bin/mosquitto_sub', as('ac-1', ...kept, ...set, '-E'));
      for (const qos of ['1', '2']) {
        const sent = ['-i', 'olga', '-V', flag, '-q', qos, '-t', 'ac/ac-1/set/mode', '-m', `missed ${qos}`];
        await run('/usr/bin/mosquitto_pub', as('olga', ...sent));
      }
      const found = await run(
        '/usr/bin/mosquitto_sub',
        as('ac-1', ...kept, ...set, '-C', '2', '-W', '8', '-F', '%q %p'),
      );
      assert.equal(found.stdout, '1 missed 1\n2 missed 2\n');
      await run('/usr/bin/mosquitto_sub', as('ac-1', '-i', 'ac-1', '-V', flag, ...set, '-E'));
    });
  }

  test('mosquitto_rr gets its response over version 5', async () => {
    const lines = await subscriber(
      'ac-1',
      '-i',
      'ac-1',
      '-V',
      'mqttv5',
      '-q',
      '1',
      '-t',
      'ac/ac-1/set/#',
      '-F',
      '%R %D %p',
    );
    const request = ['-t', 'ac/ac-1/set/report', '-e', 'ac/ac-1/set/answer', '-m', 'now?', '-q', '1', '-W', '8'];
    const answer = run('/usr/bin/mosquitto_rr', as('app', '-i', 'app', '-V', 'mqttv5', ...request));
    const responseTopic = /^(\S+) /.exec(await lineLike(lines, /now\?$/))?.[1] ?? assert.fail();
    await run(
      '/usr/bin/mosquitto_pub',
      as('olga', '-i', 'olga', '-V', 'mqttv5', '-q', '1', '-t', responseTopic, '-m', '21.5'),
    );
    assert.equal((await answer).stdout.trim(), '21.5');
  });
});
