import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type LogReading, readPartLog } from '@keystile/device';
import { commands, type LogSegmentName } from '@keystile/link';
import { type InProcessPart, SERVER_NAME, strangerAuthority, TestFleet } from '@keystile/testkit';
import { connectInProcess } from '../support/connect.ts';
import { readWhole, type Stages, stagesOf } from '../support/stages.ts';

let fleet: TestFleet;
let stages: Stages;
before(async () => {
  fleet = await TestFleet.create();
  stages = await stagesOf(fleet);
});
after(() => fleet.remove());

const MINUTE_MS = 60_000;

/** A segment of the log as words. */
async function told(part: InProcessPart, segment: LogSegmentName): Promise<readonly string[]> {
  const { entries } = await readPartLog(part.host, { segment });
  return entries.map(({ event, detail, count }) => `${event}${detail === '' ? '' : ` ${detail}`} ×${count}`);
}

describe('the log of a part', () => {
  it('tells its life: made, provisioned, locked, booted, committed, tampered with', async () => {
    const part = stages.operational.fork();
    await fleet.boot(part.host, { firmwareVersion: 2 });
    await connectInProcess(fleet, part);
    await part.call(commands.bootCommit, {});
    await part.tamper('temperature');
    assert.deepEqual(await told(part, 'life-cycle'), [
      'life-cycle-changed blank ×1',
      'life-cycle-changed provisioned ×1',
      'life-cycle-changed operational ×1',
      'tampered temperature ×1',
    ]);
    const boot = await told(part, 'boot');
    assert.deepEqual(boot.slice(-3), [
      'reset ×1',
      'boot-passed firmware 2, configuration 1 ×1',
      'boot-committed firmware 2, configuration 1 ×1',
    ]);
    const administration = await told(part, 'administration');
    assert.ok(
      administration.includes('object-changed anchors ×1') && administration.includes('object-changed policies ×1'),
    );
    assert.deepEqual((await told(part, 'keys')).slice(-2), ['key-changed idevid ×1', 'key-changed ldevid ×1']);
  });

  it('has the verdict of a boot that failed even if the power goes at once', async () => {
    const part = stages.operational.fork();
    const release = await fleet.release();
    await part.call(commands.bootBegin, {});
    await part.call(commands.bootUpdate, { image: 'firmware', bytes: Uint8Array.of(1) });
    const { firmwareManifest, configurationManifest } = release;
    const verified = part.call(commands.bootVerify, { firmwareManifest, configurationManifest, laterStages: [] });
    await assert.rejects(verified, { code: 'KS-C117' });
    part.powerCycle();
    assert.deepEqual((await told(part, 'boot')).slice(-3), ['reset ×1', 'boot-failed KS-C117 ×1', 'reset ×1']);
  });

  it('counts sessions and refusals, and writes them with the next change', async () => {
    const part = stages.operational.fork();
    await fleet.boot(part.host);
    await connectInProcess(fleet, part);
    const credential = await fleet.server({ issuer: await strangerAuthority(fleet.clock.ms) });
    await assert.rejects(connectInProcess(fleet, part, { cert: credential.cert, key: credential.key }));
    const open = { policy: 'fleet', serverName: 'elsewhere.example' };
    for (let tries = 0; tries < 3; tries++) await assert.rejects(part.call(commands.tlsOpen, open));
    await part.chip.handle(Uint8Array.of(0xee));
    assert.deepEqual(await told(part, 'host'), ['time-told ×1'], 'nothing is written yet');
    await fleet.tellTime(part, fleet.clock.ms + 1000);
    assert.deepEqual(await told(part, 'host'), [
      'time-told ×1',
      'session-opened ldevid ×2',
      'session-refused KS-P101 ×1',
      'command-refused KS-C161 TLS_OPEN ×3',
      'command-refused KS-C101 ×1',
      'time-told ×1',
    ]);
  });

  it('flooded by a host keeps what matters, and the memory is written six times an hour at most', async () => {
    const part = stages.operational.fork();
    await assert.rejects(part.call(commands.bootUpdate, { image: 'firmware', bytes: Uint8Array.of(1) }));
    const lifeCycle = await told(part, 'life-cycle');
    const administration = await told(part, 'administration');
    const boot = await told(part, 'boot');
    const { writes } = part;
    for (let minute = 0; minute < 120; minute++) {
      for (let tries = 0; tries < 20; tries++) await part.chip.handle(Uint8Array.of(0x80 + ((minute + tries) % 100)));
      await assert.rejects(part.call(commands.tlsOpen, { policy: `${minute}`, serverName: SERVER_NAME }));
      await assert.rejects(part.call(commands.bootCommit, {}));
      part.clock.pass(MINUTE_MS);
    }
    const flushes = (part.writes - writes) / 2;
    assert.ok(flushes >= 6 && flushes <= 12, `${flushes} in two hours`);
    assert.deepEqual(await told(part, 'life-cycle'), lifeCycle);
    assert.deepEqual(await told(part, 'administration'), administration);
    assert.deepEqual(await told(part, 'boot'), boot);
    const { entries } = await readPartLog(part.host, { segment: 'host' });
    const refused = entries.filter(({ detail }) => detail === 'KS-C101').reduce((sum, { count }) => sum + count, 0);
    assert.ok(refused >= 2000 && refused <= 2400, `${refused} unknown commands are told of`);
  });

  it('tells of hundreds of resets in a row in one entry', async () => {
    const part = stages.operational.fork();
    await part.call(commands.info, {});
    const boot = await told(part, 'boot');
    for (let reset = 0; reset < 300; reset++) part.chip.assertResetLine();
    assert.deepEqual(await told(part, 'boot'), [...boot.slice(0, -1), 'reset ×301']);
  });

  it('folds what is too varied to be kept apart', async () => {
    const part = stages.operational.fork();
    const names = Object.values(commands).map(({ opcode }) => opcode);
    for (const opcode of names) await part.chip.handle(Uint8Array.of(opcode, 0xff));
    await fleet.tellTime(part, fleet.clock.ms + 1000);
    const host = await told(part, 'host');
    assert.ok(
      host.some((entry) => entry.startsWith('more-refused')),
      host.join('\n'),
    );
    assert.ok(host.length <= 28);
  });

  it('survives power, and is read on from where the last reading ended', async () => {
    const part = stages.operational.fork();
    const { position } = await readPartLog(part.host, { segment: 'boot' });
    await fleet.boot(part.host);
    part.powerCycle();
    const { entries, missed } = await readPartLog(part.host, { segment: 'boot', known: position });
    assert.equal(missed, 0);
    assert.deepEqual(
      entries.map(({ event }) => event),
      ['reset', 'boot-passed', 'reset'],
    );
  });
});

describe('the end of a log', () => {
  const attested = async (part: InProcessPart, through: Pick<InProcessPart, 'call'>): Promise<LogReading> => {
    const attestationPublicKey = await readWhole(part, 'attestation-public-key');
    const nonce = new Uint8Array(randomBytes(16));
    return readPartLog(through, { segment: 'boot', proof: { nonce, attestationPublicKey } });
  };

  it('is signed by the part over the reader’s nonce', async () => {
    const part = stages.operational.fork();
    const { proved } = await attested(part, part);
    assert.equal(proved?.lifeCycle, 'operational');
    const short = { segment: 'boot', from: 0, nonce: new Uint8Array(8) } as const;
    await assert.rejects(part.call(commands.logRead, short), { code: 'KS-C102' });
  });

  it('cannot be that of an older log, whose host puts an old answer in place of the new one', async () => {
    const part = stages.operational.fork();
    const older = stages.operational.fork();
    await fleet.boot(part.host);
    const lying: Pick<InProcessPart, 'call'> = {
      call: async (command, request) => {
        const result = await part.call(command, request);
        if (command.name !== 'LOG_READ') return result;
        const old = await older.call(commands.logRead, { segment: 'boot', from: 0, nonce: new Uint8Array(0) });
        return { ...result, ...old, statement: (result as { statement: Uint8Array }).statement };
      },
    };
    await assert.rejects(attested(part, lying), { code: 'KS-C189', message: /another end/ });
  });

  it('is not signed by another key', async () => {
    const part = stages.operational.fork();
    const other = await readWhole(part, 'boot-key');
    const proof = { nonce: new Uint8Array(16), attestationPublicKey: other };
    await assert.rejects(readPartLog(part.host, { segment: 'boot', proof }), { code: /^KS-S10/ });
  });

  it('is signed by a tampered part as well, which says that it is one', async () => {
    const part = stages.operational.fork();
    await part.tamper();
    assert.equal((await attested(part, part)).proved?.lifeCycle, 'tampered');
  });
});
