import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ProfilePace, type TimingProfile, timingProfileNames, timingProfiles } from '@keystile/chip/node';
import { commands, type Policy } from '@keystile/link';
import { InProcessPart, strangerAuthority, TestFleet } from '@keystile/testkit';
import { connectInProcess } from '../support/connect.ts';

/** A timer of a test: time passes at once, or while `holds` when the test says so. */
class Timer {
  readonly #waits: number[] = [];
  holds = false;
  #release: (() => void) | undefined;

  readonly wait = async (ms: number): Promise<void> => {
    this.#waits.push(ms);
    if (!this.holds) return;
    await new Promise<void>((resolve) => {
      this.#release = resolve;
    });
  };

  /** What was waited for since it was last asked, in all. */
  takeMs(): number {
    return this.#waits.splice(0).reduce((sum, ms) => sum + ms, 0);
  }

  release(): void {
    this.#release?.();
  }
}

/** Three verifications (two certificates, CertificateVerify), one key pair, one agreement, one signature. */
const handshakeMs: Readonly<Record<TimingProfile, number>> = {
  none: 0,
  atecc608: 620,
  'trust-m': 435,
  se050: 1119,
  ta100: 173,
};

let fleet: TestFleet;
let timer: Timer;
before(async () => {
  fleet = await TestFleet.create();
});
after(() => fleet.remove());

interface Circumstances {
  readonly bus?: string;
  /** What the policy `fleet` says otherwise. */
  readonly policy?: Partial<Policy>;
}

async function bootedPart(profile: TimingProfile, { bus, policy }: Circumstances = {}): Promise<InProcessPart> {
  timer = new Timer();
  const pace = new ProfilePace(profile, timer.wait);
  const part = new InProcessPart({ clock: fleet.clock, pace, ...(bus && { bus }) });
  await fleet.provision(
    part,
    fleet.policies.map((each) => (each.name === 'fleet' ? { ...each, ...policy } : each)),
  );
  await fleet.boot(part.host);
  timer.takeMs();
  return part;
}

describe('a full handshake takes what is published of', () => {
  it('every profile that there is', () => {
    assert.deepEqual(Object.keys(handshakeMs).toSorted(), timingProfileNames.toSorted());
  });

  for (const profile of timingProfileNames) {
    it(`${profile}: ${handshakeMs[profile]} ms`, async () => {
      const part = await bootedPart(profile);
      await connectInProcess(fleet, part);
      assert.equal(timer.takeMs(), handshakeMs[profile]);
    });
  }

  it('trust-m in TLS 1.2, and of the key pair that was offered for TLS 1.3', async () => {
    const cipherSuites = ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] as const;
    const part = await bootedPart('trust-m', { policy: { versions: ['1.3', '1.2'], cipherSuites } });
    await connectInProcess(fleet, part, { maxVersion: 'TLSv1.2' });
    assert.equal(timer.takeMs(), handshakeMs['trust-m'] + timingProfiles['trust-m'].generate);
  });

  it('trust-m and a second key pair where the server asks for another group', async () => {
    const part = await bootedPart('trust-m');
    await connectInProcess(fleet, part, { ecdhCurve: 'P-256' });
    assert.equal(timer.takeMs(), handshakeMs['trust-m'] + timingProfiles['trust-m'].generate);
  });
});

describe('a part of the profile atecc608', () => {
  const { generate, ecdh, verify } = timingProfiles.atecc608;

  it('takes its time for what it refuses too, as far as it came', async () => {
    const part = await bootedPart('atecc608');
    const stranger = await fleet.server({ issuer: await strangerAuthority(fleet.clock.ms) });
    await assert.rejects(connectInProcess(fleet, part, stranger), /KS-P101/);
    const withoutPath = timer.takeMs();
    assert.ok(withoutPath >= generate + ecdh && withoutPath < generate + ecdh + 2 * verify, `${withoutPath} ms`);
    const { manifests, images } = await changedRelease();
    await part.chip.assertResetLine();
    await part.call(commands.bootBegin, {});
    await part.call(commands.bootUpdate, { image: 'firmware', bytes: images });
    await assert.rejects(part.call(commands.bootVerify, manifests), { code: 'KS-C117' });
    assert.equal(timer.takeMs(), 2 * verify);
  });

  it('makes a key, and verifies a time token, in their time; what needs no key costs nothing', async () => {
    const part = await bootedPart('atecc608');
    await part.call(commands.status, {});
    await part.call(commands.list, {});
    assert.equal(timer.takeMs(), 0);
    await fleet.tellTime(part, fleet.clock.ms + 1000);
    assert.equal(timer.takeMs(), verify);
    const blank = new InProcessPart({ pace: new ProfilePace('atecc608', timer.wait) });
    await blank.call(commands.makerBegin, { serial: 'KS-000777', model: 'M' });
    assert.equal(timer.takeMs(), generate);
  });

  for (const bus of ['spi:10MHz', 'i2c:400kHz']) {
    it(`is busy on ${bus} meanwhile, as silicon is`, async () => {
      timer = new Timer();
      timer.holds = true;
      const part = new InProcessPart({ pace: new ProfilePace('atecc608', timer.wait), bus });
      let answered = false;
      const making = part.call(commands.makerBegin, { serial: 'KS-000778', model: 'M' }).then(() => {
        answered = true;
      });
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      assert.equal(answered, false);
      const idle = await part.bus.read(5);
      assert.deepEqual(idle, bus.startsWith('spi') ? new Uint8Array(5).fill(0xff) : undefined);
      timer.release();
      await making;
    });
  }

  it('gives nothing out when a tamper event comes while it is busy', async () => {
    const part = await bootedPart('atecc608');
    const { nonce } = await part.call(commands.timeChallenge, {});
    assert.equal(nonce.length > 0, true);
    timer.holds = true;
    const verdict = assert.rejects(fleet.tellTime(part, fleet.clock.ms + 1000), { code: 'KS-C113' });
    while (timer.takeMs() === 0) await new Promise(setImmediate);
    await part.tamper();
    timer.release();
    await verdict;
  });
});

/** Manifests that are in order, over other bytes than the part is given. */
async function changedRelease(): Promise<{
  readonly manifests: { readonly firmwareManifest: Uint8Array; readonly configurationManifest: Uint8Array };
  readonly images: Uint8Array;
}> {
  const { firmwareManifest, configurationManifest } = await fleet.release();
  return { manifests: { firmwareManifest, configurationManifest }, images: Uint8Array.of(1, 2, 3) };
}
