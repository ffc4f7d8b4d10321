import { createPublicKey } from 'node:crypto';
import { signTimeToken } from '@keystile/authority';
import { lockOrder } from '@keystile/cose';
import { type CommandName, commands, encodeField, identityFields } from '@keystile/link';
import { es256Signer, type InProcessPart, type TestFleet } from '@keystile/testkit';
import { connectInProcess } from './connect.ts';
import type { Stages } from './stages.ts';

/**
 * Everything that changes the memory of a part, for the test that cuts the power at each of its writes. Every command of
 * the part is either a case here or among those that write nothing, else that test fails.
 */
export interface MemoryChange {
  /** The part is a copy of one at this stage of its life. */
  readonly stage: keyof Stages;
  /** What must have happened before; it may run again on the same part after a start. */
  readonly prepare?: (part: InProcessPart, fleet: TestFleet) => Promise<void>;
  readonly make: (part: InProcessPart, fleet: TestFleet) => Promise<unknown>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const commandChanges: Readonly<Partial<Record<CommandName, MemoryChange>>> = {
  makerBegin: { stage: 'unmade', make: (part) => part.call(commands.makerBegin, { serial: 'KS-1', model: 'M' }) },
  // MAKER_BEGIN comes before it: two changes, with a state between them.
  makerFinish: { stage: 'unmade', make: (part, fleet) => fleet.make(part, `KS-${counter()}`) },
  generate: { stage: 'blank', make: (part) => part.call(commands.generate, { slot: 'ldevid' }) },
  provisionWrite: {
    stage: 'blank',
    prepare: openLine,
    make: (part) => {
      const bytes = encodeField(identityFields, { fleet: 'home', role: 'device', id: 'ac-1' });
      return part.call(commands.provisionWrite, { object: 'identity', offset: 0, total: bytes.length, bytes });
    },
  },
  pairFinish: { stage: 'blank', prepare: openLine, make: (part) => part.pair(() => {}) },
  provisionLock: { stage: 'provisioned', prepare: openLine, make: lock },
  timeToken: { stage: 'operational', make: (part, fleet) => fleet.tellTime(part, fleet.clock.ms + HOUR_MS) },
  bootUpdate: { stage: 'operational', prepare: beginBoot, make: measureTooMuch },
  bootVerify: { stage: 'operational', prepare: measure, make: verify },
  bootCommit: {
    stage: 'operational',
    prepare: async (part, fleet) => {
      await fleet.boot(part.host, { firmwareVersion: 2, configurationVersion: 3 });
      await connectInProcess(fleet, part);
    },
    make: (part) => part.call(commands.bootCommit, {}),
  },
  // A server's certificate that is dated ahead moves the time floor.
  tlsPush: {
    stage: 'operational',
    prepare: (part, fleet) => fleet.boot(part.host),
    make: async (part, fleet) => {
      const { cert, key } = await fleet.server({ fromMs: fleet.clock.ms + HOUR_MS, untilMs: fleet.clock.ms + DAY_MS });
      await connectInProcess(fleet, part, { cert, key });
    },
  },
};

/** Their writes are cut in `test/administration/power-cut.test.ts`, where more belongs to one change. */
export const cutElsewhere: readonly CommandName[] = ['certInstall', 'adminExecute', 'adminReceipt'];

/** Without a budget they could not: their first write is refused. */
export const writesNothing: readonly CommandName[] = [
  'info',
  'status',
  'selfTest',
  'reset',
  'random',
  'list',
  'read',
  'provisionBegin',
  'csr',
  'bootBegin',
  'timeChallenge',
  'tlsOpen',
  'tlsPull',
  'tlsRead',
  'tlsWrite',
  'tlsStatus',
  'tlsKeyUpdate',
  'tlsClose',
  'tlsRevocation',
  'traceRead',
  'pairBegin',
  'evidence',
  'adminChallenge',
  'adminStatus',
  'dryRun',
  'proofOpen',
  'logRead',
];

/** What changes the memory without a command of its own. */
export const otherChanges: Readonly<Record<string, MemoryChange>> = {
  'the reset line': { stage: 'operational', make: async (part) => part.chip.assertResetLine() },
  'a tamper event': { stage: 'operational', make: (part) => part.tamper() },
  'a tamper event in the factory': { stage: 'provisioned', make: (part) => part.tamper() },
  'what has waited for the log': {
    stage: 'operational',
    prepare: async (part) => void (await part.chip.handle(Uint8Array.of(0xee))),
    make: (part) => {
      part.clock.pass(HOUR_MS);
      return part.call(commands.list, {});
    },
  },
};

let counted = 0;
function counter(): string {
  return String(++counted).padStart(6, '9');
}

async function beginBoot(part: InProcessPart): Promise<void> {
  await part.call(commands.bootBegin, {});
}

/** The piece that makes the images too long ends the boot, and the log tells of it. */
async function measureTooMuch(part: InProcessPart): Promise<void> {
  const bytes = new Uint8Array(2048);
  for (let piece = 0; piece < 128; piece++) await part.call(commands.bootUpdate, { image: 'firmware', bytes });
  await part.call(commands.bootUpdate, { image: 'firmware', bytes }).catch((error: { code: string }) => {
    if (error.code !== 'KS-C116') throw error;
  });
}

async function measure(part: InProcessPart, fleet: TestFleet): Promise<void> {
  const { firmware, configuration } = await fleet.release();
  await beginBoot(part);
  for (let at = 0; at < firmware.length; at += 1024) {
    await part.call(commands.bootUpdate, { image: 'firmware', bytes: firmware.subarray(at, at + 1024) });
  }
  await part.call(commands.bootUpdate, { image: 'configuration', bytes: configuration });
}

async function verify(part: InProcessPart, fleet: TestFleet): Promise<void> {
  const { firmwareManifest, configurationManifest } = await fleet.release();
  await part.call(commands.bootVerify, { firmwareManifest, configurationManifest, laterStages: [] });
}

async function openLine(part: InProcessPart, { fleet: { keys } }: TestFleet): Promise<void> {
  await part.call(commands.provisionBegin, { lineNonce: new Uint8Array(32), linePublicKey: spki(keys.line) });
}

async function lock(part: InProcessPart, { fleet: { keys }, clock }: TestFleet): Promise<void> {
  const { serial } = await part.call(commands.info, {});
  const none = new Uint8Array(0);
  const dryRun = await part.call(commands.provisionLock, { dryRun: true, order: none, timeToken: none });
  const { nonce } = await part.call(commands.timeChallenge, {});
  const timeToken = await signTimeToken(keys.time, { serial, nonce: nonce.slice(), nowMs: clock.ms });
  const stated = { serial, lineNonce: new Uint8Array(32), contentsDigest: dryRun.contentsDigest.slice() };
  const order = await lockOrder.sign(stated, es256Signer(keys.line));
  await part.call(commands.provisionLock, { dryRun: false, order, timeToken });
}

function spki(key: Parameters<typeof es256Signer>[0]): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
}
