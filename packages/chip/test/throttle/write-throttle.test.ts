import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { accessRules, type WriteBudget, writeBudgets } from '@keystile/chip';
import { type CommandName, commands, encodeField, encodeRequest, identityFields } from '@keystile/link';
import { InProcessPart, SERVER_NAME, strangerAuthority, TestFleet } from '@keystile/testkit';
import { WriteThrottle } from '../../src/throttle/write-throttle.ts';
import { connectInProcess } from '../support/connect.ts';
import { type Stages, stagesOf } from '../support/stages.ts';

let fleet: TestFleet;
let stages: Stages;
before(async () => {
  fleet = await TestFleet.create();
  stages = await stagesOf(fleet);
});
after(() => fleet.remove());

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const budgets = Object.entries(writeBudgets) as [CommandName, WriteBudget][];

describe('a write budget', () => {
  for (const [name, { atStart, perHour, whenSpent }] of budgets) {
    it(`of ${commands[name].name} is ${atStart} at the start and ${perHour} a powered hour`, () => {
      let poweredMs = 5000;
      const throttle = new WriteThrottle(() => poweredMs);
      for (let write = 0; write < atStart; write++) {
        throttle.demand(name);
        throttle.charge(name, 1);
      }
      assert.equal(throttle.allows(name), false);
      if (whenSpent === 'go on') return throttle.demand(name);
      const [found] = throttle.throttled;
      const waitSeconds = Math.ceil(3600 / perHour);
      assert.deepEqual(found, { name, waitSeconds });
      const message = new RegExp(` in ${waitSeconds} powered seconds$`);
      assert.throws(() => throttle.demand(name), { code: 'KS-C185', message });
      poweredMs += waitSeconds * 1000;
      throttle.demand(name);
      assert.deepEqual(throttle.throttled, []);
      poweredMs += 100 * HOUR_MS;
      let allowed = 0;
      for (; throttle.allows(name); allowed++) throttle.charge(name, 1);
      assert.equal(allowed, Math.max(atStart, perHour), 'and never more than that at once');
    });
  }

  it('is there for no command that a host may use in the field for more than 24 writes an hour', () => {
    for (const [name, { atStart, perHour }] of budgets) {
      if (!accessRules[name].lifeCycle.includes('operational')) continue;
      assert.ok(atStart <= 8 && perHour <= 24, name);
    }
  });

  it('is what a write without one is refused for', () => {
    const throttle = new WriteThrottle(() => 0);
    throttle.charge('csr', 0);
    assert.throws(() => throttle.charge('csr', 1), { code: 'KS-C188', message: /CSR wrote/ });
  });
});

describe('a host that makes the part write', () => {
  it('by time tokens is refused with status throttle, and told in STATUS how long; the hourly token goes on', async () => {
    const part = stages.unpaired.fork();
    const { writes } = part;
    let refused = 0;
    for (let token = 0; token < 30; token++) {
      await fleet.tellTime(part, fleet.clock.ms + token).catch((error: { code: string }) => {
        assert.equal(error.code, 'KS-C185');
        refused++;
      });
    }
    assert.equal(refused, 24);
    assert.equal(part.writes - writes, 2 * 6);
    const request = encodeRequest(commands.timeToken, { token: new Uint8Array(8) });
    assert.equal((await part.chip.handle(request))[0], 9, 'status throttle');
    const { throttled } = await part.call(commands.status, {});
    assert.deepEqual(throttled, [{ opcode: commands.timeToken.opcode, waitSeconds: 300 }]);
    part.clock.pass(299_000);
    await assert.rejects(fleet.tellTime(part, fleet.clock.ms + 40), { code: 'KS-C185', message: / in 1 powered/ });
    part.clock.pass(1000);
    await fleet.tellTime(part, fleet.clock.ms + 301_000);
  });

  it('by keys in the factory is refused, and its key slots stay as they are', async () => {
    const part = stages.blank.fork();
    for (let key = 0; key < 16; key++) await part.call(commands.generate, { slot: 'ldevid' });
    const { nvmGeneration } = await part.call(commands.status, {});
    await assert.rejects(part.call(commands.generate, { slot: 'ldevid' }), { code: 'KS-C185' });
    assert.equal((await part.call(commands.status, {})).nvmGeneration, nvmGeneration);
    part.clock.pass(225_000);
    await part.call(commands.generate, { slot: 'ldevid' });
  });

  it('by switching the power gains no more than each start is worth', async () => {
    const part = stages.operational.fork();
    for (let start = 0; start < 3; start++) {
      part.powerCycle();
      const { writes } = part;
      for (let token = 0; token < 20; token++) {
        await fleet.tellTime(part, fleet.clock.ms + token).catch(() => undefined);
      }
      assert.ok(part.writes - writes <= 2 * 6);
    }
  });

  it('by objects while the line is there is refused at last', async () => {
    const part = stages.blank.fork();
    const linePublicKey = (await part.call(commands.read, wholeKey)).bytes.slice();
    await part.call(commands.provisionBegin, { lineNonce: new Uint8Array(32), linePublicKey });
    const write = (at: number): Promise<unknown> => {
      const bytes = encodeField(identityFields, { fleet: 'home', role: 'device', id: `ac-${at}` });
      return part.call(commands.provisionWrite, { object: 'identity', offset: 0, total: bytes.length, bytes });
    };
    await write(0);
    const rejected = await Promise.allSettled(Array.from({ length: 80 }, (_, at) => write(at)));
    assert.ok(rejected.some(({ status }) => status === 'rejected'));
  });

  it('by certificates that are dated later and later keeps its traffic, and the part writes four times and no more', async () => {
    const part = stages.operational.fork();
    await fleet.boot(part.host);
    const { writes } = part;
    for (let handshake = 1; handshake <= 7; handshake++) {
      // Certificates know whole seconds.
      const fromMs = (Math.floor(fleet.clock.ms / 1000) + handshake) * 1000;
      const server = await fleet.server({ fromMs, untilMs: fleet.clock.ms + DAY_MS });
      await connectInProcess(fleet, part, { cert: server.cert, key: server.key });
      const { nowMs } = await part.call(commands.status, {});
      assert.ok(nowMs >= fromMs, 'the time is known all the same');
    }
    assert.equal(part.writes - writes, 2 * 4);
  });
});

const wholeKey = { object: 'attestation-public-key', offset: 0, lengthMax: 4096 } as const;

describe('a device that is used as it is meant to be', () => {
  it('never waits: it boots, commits, and fetches a token every hour of a week', async () => {
    const part = stages.operational.fork();
    await fleet.boot(part.host, { firmwareVersion: 2 });
    await connectInProcess(fleet, part);
    await part.call(commands.bootCommit, {});
    for (let hour = 0; hour < 7 * 24; hour++) {
      part.clock.pass(HOUR_MS);
      await fleet.tellTime(part, fleet.clock.ms + (hour + 1) * HOUR_MS);
    }
    assert.deepEqual((await part.call(commands.status, {})).throttled, []);
  });

  it('never waits in the factory either', async () => {
    const part = new InProcessPart({ clock: fleet.clock });
    await fleet.provision(part);
    assert.deepEqual((await part.call(commands.status, {})).throttled, []);
  });
});

describe('a handshake that is refused', () => {
  it('frees its session: a hundred in a row, and none of them closed by the host, leave room for one more', async () => {
    const part = stages.operational.fork();
    await fleet.boot(part.host);
    const garbage = Uint8Array.of(21, 3, 3, 0, 2, 2, 40);
    for (let refused = 0; refused < 100; refused++) {
      const { handle } = await part.call(commands.tlsOpen, { policy: 'fleet', serverName: SERVER_NAME });
      const { phase } = await part.call(commands.tlsPush, { handle, bytes: garbage });
      assert.equal(phase, 'failed');
    }
    const credential = await fleet.server({ issuer: await strangerAuthority(fleet.clock.ms) });
    await assert.rejects(connectInProcess(fleet, part, { cert: credential.cert, key: credential.key }));
    await connectInProcess(fleet, part);
  });

  it('writes nothing', async () => {
    const part = stages.operational.fork();
    await fleet.boot(part.host);
    const { writes } = part;
    const credential = await fleet.server({ issuer: await strangerAuthority(fleet.clock.ms) });
    for (let tries = 0; tries < 3; tries++) {
      await assert.rejects(connectInProcess(fleet, part, { cert: credential.cert, key: credential.key }));
    }
    assert.equal(part.writes, writes);
  });
});
