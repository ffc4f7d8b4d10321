import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { signTimeToken } from '@keystile/authority';
import { configurationManifest, timeToken } from '@keystile/cose';
import { commands } from '@keystile/link';
import { es256Signer, InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let fleet: TestFleet;
let operational: InProcessPart;
let part: InProcessPart;
let startMs: number;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  startMs = fleet.clock.ms;
  await fleet.provision(operational, [
    ...fleet.policies,
    ...fleet.policies.slice(1).map((policy) => ({ ...policy, name: 'fresh', tokenAgeHoursMax: 2 })),
  ]);
});
after(() => fleet.remove());
beforeEach(() => {
  part = operational.fork();
});

async function serialOf(): Promise<string> {
  return (await part.call(commands.info, {})).serial;
}

async function challenge(): Promise<Uint8Array> {
  return (await part.call(commands.timeChallenge, {})).nonce.slice();
}

async function token(utcMs: number, nonce: Uint8Array, serial?: string): Promise<Uint8Array> {
  return signTimeToken(fleet.fleet.keys.time, { serial: serial ?? (await serialOf()), nonce, nowMs: utcMs });
}

async function times(): Promise<{ timeFloorMs: number; nowMs: number }> {
  const { timeFloorMs, nowMs } = await part.call(commands.status, {});
  return { timeFloorMs, nowMs };
}

/** A token that must be refused, and that then has changed nothing. */
async function refuses(bytes: Uint8Array, expected: object): Promise<void> {
  const before = await part.call(commands.status, {});
  await assert.rejects(part.call(commands.timeToken, { token: bytes }), expected);
  assert.deepEqual(await part.call(commands.status, {}), before);
}

describe('the time of a part', () => {
  it('starts in the factory and is the floor plus powered time', async () => {
    assert.deepEqual(await times(), { timeFloorMs: startMs, nowMs: startMs });
    part.clock.pass(5000);
    assert.deepEqual(await times(), { timeFloorMs: startMs, nowMs: startMs + 5000 });
  });

  it('falls back to the floor without power, since powered time is not written down', async () => {
    part.clock.pass(HOUR_MS);
    part.powerCycle();
    assert.deepEqual(await times(), { timeFloorMs: startMs, nowMs: startMs });
  });

  it('moves to what a token states, and stays there without power', async () => {
    const { nowMs } = await part.call(commands.timeToken, { token: await token(startMs + DAY_MS, await challenge()) });
    assert.equal(nowMs, startMs + DAY_MS);
    part.powerCycle();
    assert.deepEqual(await times(), { timeFloorMs: startMs + DAY_MS, nowMs: startMs + DAY_MS });
  });

  it('never falls behind what powered time has shown, whatever a token states', async () => {
    part.clock.pass(2 * HOUR_MS);
    await part.call(commands.timeToken, { token: await token(startMs + HOUR_MS, await challenge()) });
    assert.deepEqual(await times(), { timeFloorMs: startMs + 2 * HOUR_MS, nowMs: startMs + 2 * HOUR_MS });
  });
});

describe('a time token is refused', () => {
  it('with the serial number of another part', async () => {
    await refuses(await token(startMs + 1, await challenge(), 'KS-777777'), {
      code: 'KS-C150',
      detail: /the token is for part KS-777777, this is KS-/,
    });
  });

  it('with another nonce, without a challenge, over an earlier challenge and after the reset line', async () => {
    const expected = { code: 'KS-C151' };
    await refuses(await token(startMs + 1, new Uint8Array(16)), expected);
    const earlier = await challenge();
    const later = await challenge();
    assert.notDeepEqual(earlier, later);
    await refuses(await token(startMs + 1, earlier), expected);
    part.chip.assertResetLine();
    await refuses(await token(startMs + 1, later), expected);
    const beforeTheCut = await challenge();
    part.powerCycle();
    await refuses(await token(startMs + 1, beforeTheCut), expected);
  });

  it('when it is replayed', async () => {
    const bytes = await token(startMs + 1, await challenge());
    await part.call(commands.timeToken, { token: bytes });
    await refuses(bytes, { code: 'KS-C151' });
    await challenge();
    await refuses(bytes, { code: 'KS-C151' });
  });

  it('when it goes backwards, by a millisecond or by years', async () => {
    for (const utcMs of [startMs - 1, startMs - 1000 * DAY_MS, 0]) {
      await refuses(await token(utcMs, await challenge()), { code: 'KS-C152', detail: /the floor is 20/ });
    }
    await part.call(commands.timeToken, { token: await token(startMs, await challenge()) });
  });

  it('when it goes more than 400 days ahead, also when that is beyond every calendar', async () => {
    for (const utcMs of [startMs + 400 * DAY_MS + 1, startMs + 4000 * DAY_MS, Number.MAX_SAFE_INTEGER]) {
      await refuses(await token(utcMs, await challenge()), { code: 'KS-C153' });
    }
    await part.call(commands.timeToken, { token: await token(startMs + 400 * DAY_MS, await challenge()) });
  });

  it('when it is signed by another key, is no time token, or was changed', async () => {
    const serial = await serialOf();
    const nonce = await challenge();
    const claims = { serial, nonce, utcMs: startMs + 1 };
    const byBootKey = await timeToken.sign(claims, es256Signer(fleet.fleet.keys.boot));
    await refuses(byBootKey, { code: 'KS-C154' });
    const manifest = { model: 'M', version: 1, digest: new Uint8Array(32), length: 1 };
    await refuses(await configurationManifest.sign(manifest, es256Signer(fleet.fleet.keys.time)), { code: 'KS-C154' });
    await refuses(new Uint8Array(0), { code: 'KS-C154' });
    const genuine = await token(startMs + 1, nonce);
    for (let at = 0; at < genuine.length; at++) {
      const changed = Uint8Array.from(genuine);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await assert.rejects(part.call(commands.timeToken, { token: changed }), { code: 'KS-C154' }, `byte ${at}`);
    }
    await part.call(commands.timeToken, { token: genuine });
  });
});

describe('a policy that needs a fresh token', () => {
  const open = { policy: 'fresh', serverName: SERVER_NAME };

  it('opens no session before a token came since power on, and none once it is too old', async () => {
    await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C155', detail: /none since it got power/ });
    await fleet.tellTime(part, startMs + HOUR_MS);
    await part.call(commands.tlsOpen, open);
    part.clock.pass(2 * HOUR_MS);
    await part.call(commands.tlsOpen, open);
    part.clock.pass(1);
    await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C155', detail: /one of 2 hours ago/ });
    part.powerCycle();
    await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C155' });
  });

  it('counts the age of a token from its challenge: to hold one back does not keep it young', async () => {
    const held = await token(startMs + HOUR_MS, await challenge());
    part.clock.pass(HOUR_MS);
    await part.call(commands.timeToken, { token: held });
    part.clock.pass(HOUR_MS);
    await part.call(commands.tlsOpen, open);
    part.clock.pass(1);
    await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C155', detail: /one of 2 hours ago/ });
    const tooLate = await token(startMs + 3 * HOUR_MS, await challenge());
    part.clock.pass(2 * HOUR_MS + 1);
    await part.call(commands.timeToken, { token: tooLate });
    await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C155' });
  });
});
