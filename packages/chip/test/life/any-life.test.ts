import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { toHex } from '@keystile/bytes';
import { handlers } from '@keystile/chip';
import { evidence, peekStatement } from '@keystile/cose';
import { HostPairing } from '@keystile/device';
import { KeystileError } from '@keystile/errors';
import { type Command, type CommandName, commands, type TlsProgress, type ValueOf } from '@keystile/link';
import {
  type InProcessPart,
  SERVER_NAME,
  type ServerCredential,
  type TestAdministrator,
  TestFleet,
} from '@keystile/testkit';
import fc from 'fast-check';
import type { CommandHandler } from '../../src/commands/handler.ts';
import { Fuses } from '../../src/memory/fuse.ts';
import { type PartState, unmadeState } from '../../src/memory/part-state.ts';
import { openSnapshot } from '../../src/memory/snapshot.ts';
import { accessCodes } from '../access/by-hand.ts';
import { twinServer } from '../oracle/twin-server.ts';
import { type Stages, stagesOf } from '../support/stages.ts';
import { type LifeStep, lives } from './random-life.ts';
import { Twin } from './twin.ts';

/**
 * Random lives from every state of the life cycle, and after every step the part is what its twin says. What rests is
 * read from the storage itself, so that a part cannot tell of a memory that it has not.
 *
 * `KEYSTILE_TEST_FULL=1` runs the full count.
 */
const RUNS = process.env.KEYSTILE_TEST_FULL === '1' ? 5000 : 120;
const SEED = 20_261_125;

const lineKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const linePublicKey = new Uint8Array(lineKey.export({ format: 'der', type: 'spki' }));

type Beginning = 'unmade' | 'blank' | 'provisioned' | 'operational' | 'tampered' | 'terminated';
const beginnings = fc.constantFrom<Beginning>(
  'unmade',
  'blank',
  'provisioned',
  'operational',
  'operational',
  'operational',
  'operational',
  'tampered',
  'terminated',
);

let fleet: TestFleet;
let stages: Stages;
let terminated: InProcessPart;
let credential: ServerCredential;
before(async () => {
  fleet = await TestFleet.create();
  stages = await stagesOf(fleet);
  credential = await fleet.server();
  terminated = stages.operational.fork();
  const administrator = fleet.administrator();
  await administrator.execute(terminated, await administrator.command(terminated, [{ kind: 'terminate' }]));
});
after(() => fleet.remove());

/** How often what has happened, so that the test is seen to have reached what it is about. */
const reached = new Map<string, number>();

function count(what: string): void {
  reached.set(what, (reached.get(what) ?? 0) + 1);
}

type Status = ValueOf<(typeof commands.status)['result']>;

interface Seen {
  readonly status: Status;
  readonly state: PartState;
  readonly writes: number;
}

class Life {
  readonly #part: InProcessPart;
  readonly #twin: Twin;
  readonly #administrator: TestAdministrator = fleet.administrator();
  #last: Seen;

  private constructor(part: InProcessPart, twin: Twin, last: Seen) {
    this.#part = part;
    this.#twin = twin;
    this.#last = last;
  }

  static async from(beginning: Beginning): Promise<Life> {
    const part = beginning === 'terminated' ? terminated.fork() : stageOf(beginning).fork();
    if (beginning === 'tampered') await part.tamper();
    const seen = await look(part);
    const lifeCycle = beginning === 'tampered' ? 'operational' : beginning;
    const isPaired = seen.state.objects.has('host-pairing-key');
    const twin = new Twin({ lifeCycle, isPaired, bootCount: seen.status.bootCount });
    if (beginning === 'tampered') twin.tamper();
    return new Life(part, twin, seen);
  }

  async take(step: LifeStep): Promise<void> {
    const before = this.#last;
    await this.#carryOut(step);
    const now = await look(this.#part);
    this.#last = now;
    this.#assertTwin(now);
    assertOneWay(before, now);
    if (step.kind === 'pin' && step.pin === 'power') assertKept(before, now);
    else assertWritten(before, now);
    if (before.state.lifeCycle === 'operational') assertLocked(step, before.state, now.state);
  }

  async #carryOut(step: LifeStep): Promise<void> {
    const [part, twin] = [this.#part, this.#twin];
    switch (step.kind) {
      case 'call':
        await this.#call(step.name, step.request);
        return;
      case 'stranger':
        return this.#stranger(step.step.name, step.step.request);
      case 'boot': {
        const passes = twin.booted(step.version);
        const outcome = await outcomeOf(fleet.boot(part.host, { firmwareVersion: step.version }));
        assert.equal(outcome === 'accepted', passes, outcome);
        return count(passes ? 'booted' : 'boot refused');
      }
      case 'handshake':
        return this.#handshake(step.policy);
      case 'wait':
        return part.clock.pass(step.minutes * 60_000);
      case 'pin':
        return this.#pin(step.pin);
      case 'commit':
        return this.#commit();
      case 'evidence':
        return this.#evidence();
      case 'line':
        await this.#call('provisionBegin', { lineNonce: new Uint8Array(32).fill(3), linePublicKey });
        return;
      default:
        return this.#steward(step.kind);
    }
  }

  /** What the fleet's own people do. It succeeds in the field alone, where they may; it is refused for a reason. */
  async #steward(kind: 'time' | 'renew' | 'administer' | 'terminate'): Promise<void> {
    const [part, twin] = [this.#part, this.#twin];
    const { nowMs } = this.#last.status;
    const attempts = {
      time: () => fleet.tellTime(part, Math.max(nowMs, fleet.clock.ms) + 5000),
      renew: async () => {
        const chain = await fleet.renewal(part);
        await part.call(commands.certInstall, { slot: 'ldevid-spare', chain });
      },
      administer: () => this.#administer({ kind: 'raise-time-floor', utcMs: nowMs + 7000 }),
      terminate: () => this.#administer({ kind: 'terminate' }),
    };
    const outcome = await outcomeOf(attempts[kind]());
    const mayBe = kind === 'renew' ? ['passed'] : ['armed', 'unarmed', 'measuring', 'passed', 'failed'];
    if (outcome === 'accepted') {
      assert.ok(mayBe.includes(twin.situation), `${kind} of a part that is ${twin.situation}`);
      if (kind === 'terminate') twin.terminated();
      return count(kind);
    }
    if (mayBe.includes(twin.situation)) assert.ok(!accessCodes.includes(outcome), `${kind}: ${outcome}`);
  }

  async #administer(operation: Parameters<TestAdministrator['command']>[1][number]): Promise<void> {
    const expiresAtMs = this.#last.status.nowMs + 3_600_000;
    const command = await this.#administrator.command(this.#part, [operation], { expiresAtMs });
    await this.#administrator.execute(this.#part, command);
  }

  async #call(name: CommandName, request: unknown): Promise<string> {
    const policy = name === 'tlsOpen' ? (request as { readonly policy: string }).policy : undefined;
    const opens = this.#twin.opens(name, policy);
    this.#twin.asked(name);
    const outcome = await outcomeOf(this.#part.call(commands[name] as never, request as never));
    const where = `${name} of a part that is ${this.#twin.situation}: ${outcome}`;
    assert.equal(!accessCodes.includes(outcome), opens, where);
    count(outcome === 'accepted' ? 'accepted' : opens ? 'refused for its content' : 'kept out');
    if (outcome === 'accepted') this.#twin.accepted(name);
    else if (opens) this.#twin.refused(name);
    return outcome;
  }

  /** A locked part lets him see that it is there, and begin a pairing that is not his; and he moves nothing. */
  async #stranger(name: CommandName, request: unknown): Promise<void> {
    const { host } = this.#part;
    if (!this.#twin.isPaired || !this.#isLocked) return;
    this.#part.changeHost(HostPairing.create());
    const outcome = await outcomeOf(this.#part.call(commands[name] as never, request as never));
    this.#part.changeHost(host.pairing ?? assert.fail('the host is paired'));
    assert.equal(outcome !== 'KS-C170', this.#twin.opensToStranger(name), `${name} of a stranger: ${outcome}`);
    count('stranger');
  }

  async #handshake(policy: 'fleet' | 'recovery'): Promise<void> {
    const request = { policy, serverName: SERVER_NAME };
    const opens = this.#twin.opens('tlsOpen', policy);
    this.#twin.asked('tlsOpen');
    const server = twinServer('1.3', credential);
    let progress: TlsProgress | undefined;
    const outcome = await outcomeOf(
      (async () => {
        const opened = await this.#part.call(commands.tlsOpen, request);
        this.#twin.accepted('tlsOpen');
        progress = opened.progress;
        while (progress.outgoing.length > 0) {
          const bytes = server.receive(progress.outgoing.slice());
          if (bytes.length === 0) return;
          progress = await this.#part.call(commands.tlsPush, { handle: opened.handle, bytes });
        }
      })(),
    );
    assert.equal(!accessCodes.includes(outcome), opens, `a handshake under ${policy}: ${outcome}`);
    if (progress?.phase !== 'connected') return;
    count(`connected under ${policy}`);
    if (policy === 'fleet') this.#twin.authenticated();
  }

  async #commit(): Promise<void> {
    const { boot, isProved } = this.#twin;
    const outcome = await this.#call('bootCommit', {});
    if (boot === 'passed') assert.equal(outcome, isProved ? 'accepted' : 'KS-C122');
    if (outcome === 'accepted') count('committed');
  }

  /** What it states of the part is what the twin has counted. */
  async #evidence(): Promise<void> {
    for (let handle = 1; handle <= 4; handle++) {
      const request = { handle, nonce: new Uint8Array(32).fill(handle) };
      const answer = await this.#part.call(commands.evidence, request).catch(() => undefined);
      if (answer === undefined || this.#twin.isTampered) continue;
      const stated = evidence.decode(peekStatement(answer.statement).payload);
      const { opened, bootCount, running } = this.#twin;
      assert.equal(stated.sessionCount, opened);
      assert.equal(stated.bootCount, bootCount);
      assert.equal(stated.components.get('firmware')?.version, running);
      return count('evidence');
    }
  }

  async #pin(name: 'reset' | 'power' | 'tamper'): Promise<void> {
    count(name);
    switch (name) {
      case 'reset':
        this.#part.chip.assertResetLine();
        return this.#twin.resetLine();
      case 'power':
        this.#part.powerCycle();
        return this.#twin.powerCycle();
      case 'tamper':
        this.#twin.tamper();
        return this.#part.tamper();
    }
  }

  get #isLocked(): boolean {
    return this.#twin.isTampered || this.#twin.lifeCycle === 'operational' || this.#twin.lifeCycle === 'terminated';
  }

  #assertTwin({ status, state }: Seen): void {
    const twin = this.#twin;
    assert.partialDeepStrictEqual(status, {
      lifeCycle: twin.isTampered ? 'tampered' : twin.lifeCycle,
      tampered: twin.isTampered,
      bootState: twin.boot,
      bootArmed: twin.isArmed,
      firmwareVersionMin: twin.firmwareMin,
      firmwareVersion: twin.boot === 'passed' ? twin.running : 0,
      bootCount: twin.bootCount,
      errorState: '',
    });
    assert.ok(status.sessionsOpen <= Math.min(4, twin.opened), `${status.sessionsOpen} sessions`);
    assert.equal(state.bootCount, twin.bootCount, 'at rest');
    assert.equal(state.firmwareVersionMin, twin.firmwareMin, 'at rest');
    assert.equal(state.timeFloorMs, status.timeFloorMs, 'at rest');
    if (!twin.isTampered && twin.lifeCycle !== 'terminated') return;
    const left = [...state.keys.keys()].filter((slot) => slot !== 'attestation');
    assert.deepEqual(left, [], 'the keys of the device are gone, and stay gone');
  }
}

function stageOf(beginning: Exclude<Beginning, 'terminated'>): InProcessPart {
  return beginning === 'tampered' ? stages.operational : stages[beginning];
}

async function look(part: InProcessPart): Promise<Seen> {
  const { anchorsDigest, ...status } = await part.call(commands.status, {});
  return { status: { ...status, anchorsDigest: anchorsDigest.slice() }, state: stateAtRest(part), writes: part.writes };
}

/** As whoever has memory and fuses can read it. */
function stateAtRest(part: InProcessPart): PartState {
  const fuses = Fuses.open(part.fuses)?.record ?? assert.fail('the part has fuses');
  const opened = part.nvm.copy().map((bytes) => openSnapshot(fuses, bytes ?? new Uint8Array(0)));
  const current = opened.find((each) => each.kind === 'whole' && each.generation === fuses.generation);
  return current?.kind === 'whole' ? current.state : unmadeState;
}

/** What no step of any life undoes. */
function assertOneWay(before: Seen, now: Seen): void {
  for (const counter of ['nvmGeneration', 'bootCount', 'firmwareVersionMin', 'timeFloorMs'] as const) {
    const [was, is] = [before.status[counter], now.status[counter]];
    assert.ok(is >= was, `${counter} went from ${was} back to ${is}`);
  }
  assert.ok(now.status.nowMs >= now.status.timeFloorMs, 'the time is before its floor');
  assert.ok(!before.status.tampered || now.status.tampered, 'a tamper event is for ever');
  assert.ok(now.state.log.nextSequence >= before.state.log.nextSequence, 'the log is numbered upwards');
}

/** Without a power cycle: the time runs, and the generation counts the writes. One is of the memory, one of the fuses. */
function assertWritten(before: Seen, now: Seen): void {
  assert.ok(now.status.nowMs >= before.status.nowMs, 'the time went back');
  const generations = now.status.nvmGeneration - before.status.nvmGeneration;
  const writes = now.writes - before.writes;
  // The latch and the erasure of the older fuse record are of the fuses alone.
  const latched = now.status.tampered && !before.status.tampered ? 2 : 0;
  assert.equal(writes, 2 * generations + latched, `${writes} writes for ${generations} generations`);
  if (generations === 0) assert.deepEqual(summaryOf(now.state), summaryOf(before.state));
}

/** Of all that rests, a start changes what it counts. */
function assertKept(before: Seen, now: Seen): void {
  assert.equal(now.status.sessionsOpen, 0);
  assert.deepEqual(now.status.throttled, [], 'budgets are of the power');
  const { bootCount: _, ...kept } = summaryOf(before.state);
  assert.partialDeepStrictEqual(summaryOf(now.state), kept);
}

/** Of a locked part, who may change what. */
function assertLocked(step: LifeStep, before: PartState, now: PartState): void {
  const [was, is] = [summaryOf(before).objects, summaryOf(now).objects];
  const changed = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => was[name] !== is[name]);
  const may = mayChange(step);
  for (const name of changed) assert.ok(may.test(name), `${JSON.stringify(step)} changed ${name}`);
}

function mayChange(step: LifeStep): RegExp {
  const spare = /^ldevid-spare-/;
  // What a renewed certificate has shown at a server is the device's from then on.
  const takeOver = /^ldevid-/;
  switch (step.kind) {
    case 'renew':
      return spare;
    case 'handshake':
      return takeOver;
    case 'call':
      if (step.name === 'generate' || step.name === 'certInstall') return spare;
      return commands[step.name].group === 'tls' ? takeOver : /^$/;
    default:
      return /^$/;
  }
}

/** Objects and counters; keys of tampered and terminated parts go, which the twin has said. */
function summaryOf({ objects, lifeCycle, timeFloorMs, firmwareVersionMin, bootCount }: PartState): {
  readonly objects: Readonly<Record<string, string>>;
  readonly lifeCycle: string;
  readonly timeFloorMs: number;
  readonly firmwareVersionMin: number;
  readonly bootCount: number;
} {
  const contents = Object.fromEntries(Array.from(objects, ([name, bytes]) => [name, toHex(bytes)]));
  return { objects: contents, lifeCycle, timeFloorMs, firmwareVersionMin, bootCount };
}

/** `accepted`, or the code. An internal error is none of the outcomes that there may be. */
async function outcomeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'accepted';
  } catch (error) {
    if (!(error instanceof KeystileError)) throw error;
    assert.notEqual(error.code, 'KS-C100', error.message);
    return error.code;
  }
}

type AnyHandler = CommandHandler<Command<unknown, unknown>>;
type Organs = Parameters<AnyHandler['handle']>[0];

const property = fc.asyncProperty(beginnings, lives, async (beginning, steps) => {
  const life = await Life.from(beginning);
  for (const step of steps) await life.take(step);
});

describe('any life of a part', () => {
  it(`is after every step what its twin says (${RUNS} lives)`, async (test) => {
    test.diagnostic(`seed ${SEED}`);
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
    const told = [...reached].toSorted(([a], [b]) => (a < b ? -1 : 1));
    test.diagnostic(told.map(([what, times]) => `${what} ${times}`).join(', '));
    for (const what of [
      'accepted',
      'kept out',
      'refused for its content',
      'stranger',
      'booted',
      'boot refused',
      'connected under fleet',
      'connected under recovery',
      'committed',
      'evidence',
      'time',
      'renew',
      'administer',
      'terminate',
      'reset',
      'power',
      'tamper',
    ]) {
      assert.ok((reached.get(what) ?? 0) >= RUNS / 50, `${what}: ${reached.get(what) ?? 0} times`);
    }
  });

  const plants: Readonly<
    Record<string, { readonly name: 'reset' | 'list' | 'random'; readonly does: (part: Organs) => void }>
  > = {
    'RESET that arms the boot': { name: 'reset', does: ({ boot }) => boot.arm() },
    'RESET that begins a boot': { name: 'reset', does: ({ boot }) => boot.begin() },
    'LIST that changes a policy': {
      name: 'list',
      does: ({ memory }) =>
        memory.commitStart((state) => ({
          ...state,
          objects: new Map([...state.objects, ['policies', new Uint8Array(1)]]),
        })),
    },
    'RANDOM that puts the time back': {
      name: 'random',
      does: ({ memory }) => memory.commitStart((state) => ({ ...state, timeFloorMs: state.timeFloorMs - 1 })),
    },
  };
  for (const [what, { name, does }] of Object.entries(plants)) {
    it(`is found out with a ${what}`, async () => {
      const honest: AnyHandler = handlers[name];
      const planted = handlers as Record<string, AnyHandler>;
      planted[name] = {
        handle: (part, request, origin) => {
          does(part);
          return honest.handle(part, request, origin);
        },
      };
      try {
        await assert.rejects(fc.assert(property, { numRuns: RUNS, seed: SEED }), /Property failed/);
      } finally {
        planted[name] = honest;
      }
    });
  }
});
