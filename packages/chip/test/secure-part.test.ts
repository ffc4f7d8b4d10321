import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type GeneratedKey, type PartMemory, type RandomSource, SoftwareVault, type Vault } from '@keystile/chip';
import { commands } from '@keystile/link';
import { InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';
import { type Stages, stagesOf } from './support/stages.ts';

let fleet: TestFleet;
let stages: Stages;
before(async () => {
  fleet = await TestFleet.create();
  stages = await stagesOf(fleet);
});
after(() => fleet.remove());

/** What must hold for ever once a part was tampered with. */
async function isDead(part: InProcessPart): Promise<void> {
  assert.equal(part.chip.fault, undefined);
  assert.partialDeepStrictEqual(await part.call(commands.status, {}), { lifeCycle: 'tampered', tampered: true });
  const { objects } = await part.call(commands.list, {});
  const names = objects.map(({ object }) => object);
  assert.equal(names.includes('ldevid-public-key') || names.includes('idevid-public-key'), false, 'the keys are gone');
  assert.equal(names.includes('attestation-public-key'), true, 'what says so survives');
  for (const slot of ['idevid', 'ldevid'] as const) {
    await assert.rejects(part.call(commands.generate, { slot }), { code: 'KS-C113' });
    await assert.rejects(part.call(commands.csr, { slot }), { code: 'KS-C113' });
  }
  await assert.rejects(part.call(commands.bootBegin, {}), { code: 'KS-C113' });
  await assert.rejects(part.call(commands.timeChallenge, {}), { code: 'KS-C113' });
  if (!names.includes('policies')) return;
  const open = { policy: 'fleet', serverName: SERVER_NAME };
  await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C113' });
}

describe('a tamper event', () => {
  it('ends sessions, boot and keys at once, and is for ever: restarts and the reset line change nothing', async () => {
    const part = stages.operational.fork();
    await fleet.boot(part.host);
    const { handle } = await part.call(commands.tlsOpen, { policy: 'fleet', serverName: SERVER_NAME });
    await part.tamper('temperature');
    await assert.rejects(part.call(commands.tlsPull, { handle }), { code: 'KS-C163' });
    assert.partialDeepStrictEqual(part.chip.summary, {
      tampered: true,
      tamperCause: 'temperature',
      bootState: 'failed',
      sessionsOpen: 0,
    });
    await isDead(part);
    part.chip.assertResetLine();
    await isDead(part);
    part.powerCycle();
    await isDead(part);
    part.powerCycle();
    await isDead(part);
  });

  it('ends the keys of every older memory too: the fuses that wrapped them are overwritten', async () => {
    const part = stages.operational.fork();
    const older = part.nvm.copy();
    await part.tamper();
    part.nvm.putBack(older);
    part.powerCycle();
    assert.equal(part.chip.fault?.code, 'KS-C131');
    for (const record of part.fuses.copy()) {
      const keys = record?.subarray(60, 92) ?? new Uint8Array(32);
      assert.deepEqual(keys, new Uint8Array(32), 'no record holds a wrapping key');
    }
  });

  it('is latched by a part whose memory was taken away, and shows when the memory is back', async () => {
    const part = stages.operational.fork();
    const memory = part.nvm.copy();
    part.nvm.putBack([undefined, undefined]);
    part.powerCycle();
    assert.equal(part.chip.fault?.code, 'KS-C131');
    await part.tamper('pin');
    part.nvm.putBack(memory);
    part.powerCycle();
    await isDead(part);
  });

  it('that a power cut interrupts after its first write is finished by the next start', async () => {
    const counting = stages.operational.fork();
    const { writes } = counting;
    await counting.tamper();
    const inAll = counting.writes - writes;
    assert.equal(inAll, 4, 'latch, the older fuses, memory, fuses');
    for (let atWrite = 1; atWrite <= inAll; atWrite++) {
      for (const keptBytes of [0, 40, 164, 10_000]) {
        const part = stages.operational.fork();
        part.cutPowerLater({ atWrite, keptBytes });
        await assert.rejects(part.tamper());
        part.powerCycle();
        const isLatched = atWrite > 1 || keptBytes === 10_000;
        if (isLatched) await isDead(part);
        else assert.equal(part.chip.summary.tampered, false, 'nothing had reached the storage yet');
      }
    }
  });

  it('while a key is being made leaves no key behind and gives none out', async () => {
    const vault = new SlowVault();
    const part = new InProcessPart({ clock: fleet.clock, vault: vault.around });
    await fleet.make(part);
    vault.isSlow = true;
    const generated = part.call(commands.generate, { slot: 'ldevid' });
    await vault.began;
    await part.tamper();
    vault.goOn();
    await assert.rejects(generated, { code: 'KS-C113' });
    assert.deepEqual(vault.destroyed, ['ldevid'], 'the token was told to destroy it');
    await isDead(part);
    part.powerCycle();
    await isDead(part);
  });

  it('while a signature is being made gives the signature to nobody', async () => {
    const vault = new SlowVault();
    const part = new InProcessPart({ clock: fleet.clock, vault: vault.around });
    await fleet.provision(part);
    await fleet.boot(part.host);
    vault.isSlow = true;
    const requested = part.call(commands.csr, { slot: 'ldevid' });
    await vault.began;
    await part.tamper();
    vault.goOn();
    await assert.rejects(requested, { code: 'KS-C113', detail: /came while CSR was carried out/ });
  });

  it('that interrupts the vault’s own destruction has it repeated at the next start', async () => {
    const vault = new SlowVault();
    const part = new InProcessPart({ clock: fleet.clock, vault: vault.around });
    await fleet.provision(part);
    vault.failsToDestroy = true;
    await assert.rejects(part.tamper(), { message: 'the token is busy' });
    vault.failsToDestroy = false;
    vault.destroyed.length = 0;
    part.powerCycle();
    await isDead(part);
    assert.deepEqual(vault.destroyed, ['idevid', 'ldevid']);
  });
});

describe('the reset line', () => {
  it('counts, and the bus command RESET does not', async () => {
    const part = stages.operational.fork();
    const { bootCount } = await part.call(commands.status, {});
    await part.call(commands.reset, {});
    assert.equal((await part.call(commands.status, {})).bootCount, bootCount);
    part.chip.assertResetLine();
    assert.equal((await part.call(commands.status, {})).bootCount, bootCount + 1);
    part.powerCycle();
    assert.equal((await part.call(commands.status, {})).bootCount, bootCount + 2);
  });

  it('ends a provisioning session, also one that is signing its evidence', async () => {
    const vault = new SlowVault();
    const part = new InProcessPart({ clock: fleet.clock, vault: vault.around });
    await fleet.make(part);
    vault.isSlow = true;
    const linePublicKey = await part.call(commands.read, {
      object: 'attestation-public-key',
      offset: 0,
      lengthMax: 4096,
    });
    const begun = part.call(commands.provisionBegin, {
      lineNonce: new Uint8Array(32),
      linePublicKey: linePublicKey.bytes.slice(),
    });
    await vault.began;
    part.chip.assertResetLine();
    vault.goOn();
    await begun;
    const piece = { object: 'identity', offset: 0, total: 1, bytes: Uint8Array.of(0) } as const;
    await assert.rejects(part.call(commands.provisionWrite, piece), { code: 'KS-C111' });
  });
});

describe('a faulty part', () => {
  it('answers every command with the reason, has no summary and no reset line', async () => {
    const part = stages.operational.fork();
    part.nvm.putBack([undefined, undefined]);
    part.powerCycle();
    await assert.rejects(part.call(commands.info, {}), { code: 'KS-C131' });
    await assert.rejects(part.call(commands.status, {}), { code: 'KS-C131' });
    await assert.rejects(part.call(commands.random, { length: 1 }), { code: 'KS-C131' });
    assert.throws(() => part.chip.summary, { code: 'KS-C131' });
    assert.throws(() => part.chip.assertResetLine(), { code: 'KS-C131' });
  });
});

/** A vault that takes its time, as a token does, and remembers what it was told to destroy. */
class SlowVault {
  isSlow = false;
  failsToDestroy = false;
  readonly destroyed: string[] = [];
  readonly #began = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<void>();
  readonly began = this.#began.promise;

  goOn(): void {
    this.#released.resolve();
  }

  readonly around = (memory: PartMemory, random: RandomSource): Vault => {
    const vault = new SoftwareVault(() => memory.fuseRecord, random);
    return {
      kind: 'slow',
      generate: async (slot): Promise<GeneratedKey> => {
        await this.#wait();
        return vault.generate(slot);
      },
      sign: async (order) => {
        const signature = await vault.sign(order);
        await this.#wait();
        return signature;
      },
      destroy: async (slot) => {
        if (this.failsToDestroy) throw new Error('the token is busy');
        this.destroyed.push(slot);
      },
    };
  };

  async #wait(): Promise<void> {
    if (!this.isSlow) return;
    this.#began.resolve();
    await this.#released.promise;
  }
}
