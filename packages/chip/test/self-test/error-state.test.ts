import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { accessRules, type KnownAnswer, knownAnswers, type RandomSource } from '@keystile/chip';
import { type CommandName, commands } from '@keystile/link';
import { InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';
import { connectInProcess } from '../support/connect.ts';

/** Which source the part draws from, and which known answer is given wrongly. */
let source: 'whole' | 'stuck' | 'biased';
let broken: string | undefined;

const random: RandomSource = (length) => {
  const bytes = new Uint8Array(randomBytes(length));
  if (source === 'stuck') return bytes.fill(0);
  return source === 'whole' ? bytes : bytes.map((byte, at) => (at % 4 === 0 ? 0 : byte));
};
/** SHA-256 and the ciphers really run; P-384 is left out to keep the many starts short. */
const planted: readonly KnownAnswer[] = knownAnswers
  .filter(({ name }) => !name.endsWith('P-384'))
  .map(({ name, holds }) => ({ name, holds: () => name !== broken && holds() }));

let fleet: TestFleet;
let original: InProcessPart;
before(async () => {
  source = 'whole';
  fleet = await TestFleet.create();
  original = new InProcessPart({ clock: fleet.clock, random, knownAnswers: planted });
  // In clear: in its error state a part makes no channel, and says why.
  await fleet.provisionUnpaired(original);
});
after(() => fleet.remove());
beforeEach(() => {
  source = 'whole';
  broken = undefined;
});

const open = { policy: 'fleet', serverName: SERVER_NAME } as const;

async function bootedPart(): Promise<InProcessPart> {
  const part = original.fork();
  await fleet.boot(part.host);
  return part;
}

/** All but what says so is refused with `code`, nothing is written, and nothing is open. */
async function isInErrorState(part: InProcessPart, code: string): Promise<void> {
  const { writes } = part;
  for (const name of Object.keys(commands) as CommandName[]) {
    const { opcode } = commands[name];
    const [status, ...rest] = await part.chip.handle(Uint8Array.of(opcode));
    if (accessRules[name].inErrorState === true) assert.equal(status, 0, name);
    else assert.equal(Buffer.from(rest.slice(2, 9)).toString('latin1').slice(0, 7), code, name);
  }
  assert.equal(part.writes, writes);
  const { errorState, sessionsOpen } = await part.call(commands.status, {});
  assert.deepEqual({ errorState, sessionsOpen }, { errorState: code, sessionsOpen: 0 });
  assert.equal((await part.call(commands.selfTest, {})).passed, false, 'a test that passes now does not lead out');
}

async function works(part: InProcessPart): Promise<void> {
  assert.equal((await part.call(commands.status, {})).errorState, '');
  assert.deepEqual(await part.call(commands.selfTest, {}), { passed: true, failed: '' });
  await fleet.boot(part.host);
  await connectInProcess(fleet, part);
}

describe('a source that fails', () => {
  for (const how of ['stuck', 'biased'] as const) {
    it(`(${how}) stops TLS_OPEN, closes what is open, and a reset ends it once the source is whole`, async () => {
      const part = await bootedPart();
      await part.call(commands.tlsOpen, open);
      source = how;
      await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C186' });
      source = 'whole';
      await isInErrorState(part, 'KS-C186');
      part.chip.assertResetLine();
      await works(part);
    });

    it(`(${how}) stops GENERATE, and no key is made`, async () => {
      const part = new InProcessPart({ clock: fleet.clock, random, knownAnswers: planted });
      await fleet.make(part);
      source = how;
      await assert.rejects(part.call(commands.generate, { slot: 'idevid' }), { code: 'KS-C186' });
      source = 'whole';
      await isInErrorState(part, 'KS-C186');
      part.powerCycle();
      const { objects } = await part.call(commands.list, {});
      assert.equal(
        objects.some(({ object }) => object === 'idevid-public-key'),
        false,
      );
      await part.call(commands.generate, { slot: 'idevid' });
    });

    it(`(${how}) is found at the start, and by SELF_TEST`, async () => {
      const part = original.fork();
      source = how;
      assert.deepEqual(await part.call(commands.selfTest, {}), { passed: false, failed: 'random source' });
      await isInErrorState(part, 'KS-C186');
      part.powerCycle();
      await isInErrorState(part, 'KS-C186');
      source = 'whole';
      part.powerCycle();
      await works(part);
    });

    it(`(${how}) gives a new part no fuses`, async () => {
      source = how;
      const part = new InProcessPart({ clock: fleet.clock, random, knownAnswers: planted });
      assert.equal(part.chip.fault?.code, 'KS-C186');
      assert.equal(part.writes, 0);
      await assert.rejects(part.call(commands.makerBegin, { serial: 'KS-1', model: 'M' }), { code: 'KS-C186' });
    });
  }
});

describe('an algorithm that fails', () => {
  for (const { name } of planted) {
    it(`(${name}) puts the part into its error state at the start, until a reset finds it whole`, async () => {
      const part = original.fork();
      broken = name;
      part.powerCycle();
      await isInErrorState(part, 'KS-C187');
      assert.deepEqual(await part.call(commands.selfTest, {}), { passed: false, failed: name });
      part.chip.assertResetLine();
      await isInErrorState(part, 'KS-C187');
      broken = undefined;
      part.chip.assertResetLine();
      assert.equal((await part.call(commands.status, {})).errorState, '');
    });
  }

  it('on demand ends what is open; the log tells of it after the reset', async () => {
    const part = await bootedPart();
    await part.call(commands.tlsOpen, open);
    broken = 'AES-128-GCM';
    assert.deepEqual(await part.call(commands.selfTest, {}), { passed: false, failed: 'AES-128-GCM' });
    broken = undefined;
    await isInErrorState(part, 'KS-C187');
    part.chip.assertResetLine();
    await works(part);
    const { entries } = await part.call(commands.logRead, { segment: 'boot', from: 0, nonce: new Uint8Array(0) });
    assert.ok(entries.some(({ event, detail }) => event === 'self-test-failed' && detail === 'KS-C187'));
  });

  it('does not keep a tamper event from destroying the keys', async () => {
    const part = original.fork();
    broken = 'SHA-256';
    part.powerCycle();
    await part.tamper('glitch');
    broken = undefined;
    part.powerCycle();
    assert.partialDeepStrictEqual(part.chip.summary, { tampered: true, tamperCause: 'glitch' });
    await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C113' });
  });

  it('is what a part says whose memory it can no longer open', async () => {
    const part = original.fork();
    part.nvm.flip(0, 200);
    part.nvm.flip(1, 200);
    broken = 'AES-256-GCM';
    part.powerCycle();
    assert.equal(part.chip.fault?.code, 'KS-C187');
    broken = undefined;
    part.powerCycle();
    assert.equal(part.chip.fault?.code, 'KS-C132');
  });
});
