import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type AccessFacts, accessRules } from '@keystile/chip';
import { HostPairing } from '@keystile/device';
import { KeystileError } from '@keystile/errors';
import { type CommandName, commands, type ValueOf } from '@keystile/link';
import { type InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';
import { type Stages, stagesOf } from '../support/stages.ts';
import { accessCodes, fieldOrTampered, opensIn, type SituationName } from './by-hand.ts';

/**
 * The table of access rules against what the dispatcher does: every command in every situation of a part. What is
 * expected is computed here, by an obvious reading of the row, and a second table says by hand who gets in where.
 */
const line = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const linePublicKey = new Uint8Array(line.export({ format: 'der', type: 'spki' }));
const openLine = { lineNonce: new Uint8Array(32).fill(1), linePublicKey };

interface Situation {
  readonly facts: Omit<AccessFacts, 'usesDeviceKey'>;
  /** A fresh part in it. */
  readonly part: (stages: Stages, fleet: TestFleet) => Promise<InProcessPart>;
}

const unpaired = { hasHostKey: false, isFromHost: false } as const;
const paired = { hasHostKey: true, isFromHost: true } as const;
const inFactory = {
  isTampered: false,
  hasProvisioningSession: false,
  bootState: 'none',
  isBootArmed: true,
  ...unpaired,
} as const;
const inField = { lifeCycle: 'operational', isTampered: false, hasProvisioningSession: false, ...paired } as const;
const tampered = { lifeCycle: 'tampered', isTampered: true, bootState: 'failed', isBootArmed: false } as const;

async function failBoot(part: InProcessPart, fleet: TestFleet): Promise<void> {
  const images = await fleet.release();
  const nothing = { ...images, firmwareManifest: images.configurationManifest, laterStages: [] };
  await part.call(commands.bootBegin, {});
  await assert.rejects(part.call(commands.bootVerify, nothing), { code: 'KS-C120' });
}

const situations: Readonly<Record<SituationName, Situation>> = {
  unmade: { facts: { ...inFactory, lifeCycle: 'unmade' }, part: async ({ unmade }) => unmade.fork() },
  blank: { facts: { ...inFactory, lifeCycle: 'blank' }, part: async ({ blank }) => blank.fork() },
  'blank, line': {
    facts: { ...inFactory, lifeCycle: 'blank', hasProvisioningSession: true },
    part: async ({ blank }) => {
      const part = blank.fork();
      await part.call(commands.provisionBegin, openLine);
      return part;
    },
  },
  provisioned: {
    facts: { ...inFactory, ...paired, lifeCycle: 'provisioned' },
    part: async ({ provisioned }) => provisioned.fork(),
  },
  'provisioned, line': {
    facts: { ...inFactory, ...paired, lifeCycle: 'provisioned', hasProvisioningSession: true },
    part: async ({ provisioned }) => {
      const part = provisioned.fork();
      await part.call(commands.provisionBegin, openLine);
      return part;
    },
  },
  armed: {
    facts: { ...inField, bootState: 'none', isBootArmed: true },
    part: async ({ operational }) => operational.fork(),
  },
  unarmed: {
    facts: { ...inField, bootState: 'none', isBootArmed: false },
    part: async ({ operational }) => {
      const part = operational.fork();
      await part.call(commands.tlsOpen, { policy: 'recovery', serverName: SERVER_NAME });
      return part;
    },
  },
  measuring: {
    facts: { ...inField, bootState: 'measuring', isBootArmed: false },
    part: async ({ operational }) => {
      const part = operational.fork();
      await part.call(commands.bootBegin, {});
      return part;
    },
  },
  passed: {
    facts: { ...inField, bootState: 'passed', isBootArmed: false },
    part: async ({ operational }, fleet) => {
      const part = operational.fork();
      await fleet.boot(part.host);
      return part;
    },
  },
  failed: {
    facts: { ...inField, bootState: 'failed', isBootArmed: false },
    part: async ({ operational }, fleet) => {
      const part = operational.fork();
      await failBoot(part, fleet);
      return part;
    },
  },
  'armed, before a stranger': {
    facts: { ...inField, isFromHost: false, bootState: 'none', isBootArmed: true },
    part: async ({ operational }) => operational.fork(HostPairing.create()),
  },
  'passed, before a stranger': {
    facts: { ...inField, isFromHost: false, bootState: 'passed', isBootArmed: false },
    part: async ({ operational }, fleet) => {
      const part = operational.fork();
      await fleet.boot(part.host);
      part.changeHost(HostPairing.create());
      return part;
    },
  },
  'tampered, before a stranger': {
    facts: { ...tampered, ...paired, isFromHost: false, hasProvisioningSession: false },
    part: async ({ operational }) => {
      const part = operational.fork(HostPairing.create());
      await part.tamper();
      return part;
    },
  },
  'armed, paired with nobody': {
    facts: { ...inField, ...unpaired, bootState: 'none', isBootArmed: true },
    part: async ({ unpaired: part }) => part.fork(),
  },
  terminated: {
    facts: { ...inField, lifeCycle: 'terminated', bootState: 'failed', isBootArmed: true },
    part: async ({ operational }, fleet) => {
      const part = operational.fork();
      const administrator = fleet.administrator();
      await administrator.execute(part, await administrator.command(part, [{ kind: 'terminate' }]));
      return part;
    },
  },
  'tampered in the field': {
    facts: { ...tampered, ...paired, hasProvisioningSession: false },
    part: async ({ operational }, fleet) => {
      const part = operational.fork();
      await fleet.boot(part.host);
      await part.tamper();
      return part;
    },
  },
  'tampered in the factory': {
    facts: { ...tampered, ...paired, hasProvisioningSession: false },
    part: async ({ provisioned }) => {
      const part = provisioned.fork();
      await part.call(commands.provisionBegin, openLine);
      await part.tamper();
      return part;
    },
  },
  'tampered before it was made': {
    facts: { ...tampered, ...unpaired, hasProvisioningSession: false },
    part: async ({ unmade }) => {
      const part = unmade.fork();
      await part.tamper();
      return part;
    },
  },
};

const none = new Uint8Array(0);
type Requests = { readonly [Name in CommandName]: ValueOf<(typeof commands)[Name]['request']> };

/** Well formed, and as little as possible: what is looked at is whether the door opens, not what is behind it. */
const requests: Requests = {
  info: {},
  status: {},
  selfTest: {},
  reset: {},
  random: { length: 8 },
  list: {},
  read: { object: 'attestation-public-key', offset: 0, lengthMax: 64 },
  makerBegin: { serial: 'KS-999999', model: 'KS-AC-1' },
  makerFinish: { chain: [] },
  provisionBegin: openLine,
  provisionWrite: { object: 'identity', offset: 0, total: 1, bytes: Uint8Array.of(0) },
  provisionLock: { dryRun: true, order: none, timeToken: none },
  generate: { slot: 'ldevid' },
  csr: { slot: 'ldevid' },
  bootBegin: {},
  bootUpdate: { image: 'firmware', bytes: Uint8Array.of(1) },
  bootVerify: { firmwareManifest: none, configurationManifest: none, laterStages: [] },
  bootCommit: {},
  timeChallenge: {},
  timeToken: { token: none },
  tlsOpen: { policy: 'fleet', serverName: SERVER_NAME },
  tlsPush: { handle: 99, bytes: none },
  tlsPull: { handle: 99 },
  tlsRead: { handle: 99, lengthMax: 1 },
  tlsWrite: { handle: 99, bytes: none },
  tlsStatus: { handle: 99 },
  tlsKeyUpdate: { handle: 99 },
  tlsClose: { handle: 99, release: true },
  traceRead: { handle: 99, from: 0 },
  tlsRevocation: { handle: 99, offset: 0, total: 1, bytes: none },
  pairBegin: { hostKey: HostPairing.create().publicKey, hostEphemeral: HostPairing.create().publicKey },
  pairFinish: { confirmation: new Uint8Array(32) },
  logRead: { segment: 'boot', from: 0, nonce: none },
  certInstall: { slot: 'ldevid-spare', chain: [] },
  adminChallenge: {},
  adminExecute: { command: none },
  dryRun: { command: none },
  adminReceipt: { receipt: none },
  proofOpen: { policy: 'fleet', serverName: SERVER_NAME },
  adminStatus: {},
  evidence: { handle: 99, nonce: new Uint8Array(32) },
};

/** The access refusal, or `open`: whatever a command says once it has got in is not asked here. */
async function verdictOf(part: InProcessPart, name: CommandName): Promise<string> {
  try {
    await part.call(commands[name] as never, requests[name] as never);
    return 'open';
  } catch (error) {
    if (!(error instanceof KeystileError)) throw error;
    return accessCodes.includes(error.code) ? error.code : 'open';
  }
}

function expectedOf(name: CommandName, facts: AccessFacts): string {
  const { lifeCycle, role, boot, pairing } = accessRules[name];
  const isLocked = facts.lifeCycle === 'operational' || facts.lifeCycle === 'tampered';
  if (pairing !== 'free' && isLocked && facts.hasHostKey && !facts.isFromHost) return 'KS-C170';
  if (facts.isTampered && (facts.usesDeviceKey || !lifeCycle.includes('tampered'))) return 'KS-C113';
  if (!lifeCycle.includes(facts.lifeCycle)) return 'KS-C110';
  if (role === 'line' && !facts.hasProvisioningSession) return 'KS-C111';
  const passed = facts.bootState === 'passed' ? 'open' : 'KS-C112';
  switch (boot) {
    case 'any':
      return 'open';
    case 'armed':
      return facts.isBootArmed ? 'open' : 'KS-C114';
    case 'measuring':
      return facts.bootState === 'measuring' ? 'open' : 'KS-C115';
    case 'passed':
      return passed;
    case 'passed-for-device-key':
      return facts.usesDeviceKey ? passed : 'open';
    case 'passed-when-operational':
      return facts.lifeCycle === 'operational' ? passed : 'open';
  }
}

describe('the access rule of every command', () => {
  let fleet: TestFleet;
  let stages: Stages;
  before(async () => {
    fleet = await TestFleet.create();
    stages = await stagesOf(fleet);
  });
  after(() => fleet.remove());

  for (const [where, { facts, part: partIn }] of Object.entries(situations) as [SituationName, Situation][]) {
    it(`is what the dispatcher does with a part that is ${where}`, async () => {
      for (const name of Object.keys(commands) as CommandName[]) {
        const part = await partIn(stages, fleet);
        const { nvmGeneration } = await part.call(commands.status, {});
        const verdict = await verdictOf(part, name);
        // A part without policies has none that uses a key.
        const usesDeviceKey = name === 'tlsOpen' && where !== 'tampered before it was made';
        const { name: shown } = commands[name];
        assert.equal(verdict, expectedOf(name, { ...facts, usesDeviceKey }), `${shown}, ${where}`);
        assert.equal(verdict === 'open', opensIn[name].includes(where), `${shown}, ${where}, by hand`);
        if (verdict === 'open') continue;
        const unchanged = (await part.call(commands.status, {})).nvmGeneration;
        assert.equal(unchanged, nvmGeneration, `${shown}, ${where}: what is refused writes nothing`);
      }
    });
  }

  it('lets a session without a key of its own be opened whatever the boot has shown, and by a tampered part', async () => {
    for (const where of fieldOrTampered.filter((each) => each !== 'tampered before it was made')) {
      const part = await situations[where].part(stages, fleet);
      const { handle } = await part.call(commands.tlsOpen, { policy: 'recovery', serverName: SERVER_NAME });
      assert.ok(handle > 0, where);
    }
  });
});
