import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { toHex } from '@keystile/bytes';
import { handlers } from '@keystile/chip';
import { EVIDENCE_EXPORTER } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import {
  commands,
  decodeField,
  identityFields,
  type KeySlot,
  keySlotNames,
  type Policy,
  type TlsProgress,
} from '@keystile/link';
import { certificationRequestInfo } from '@keystile/pki/path';
import { type InProcessPart, SERVER_NAME, type ServerCredential, TestFleet } from '@keystile/testkit';
import fc from 'fast-check';
import { type Stages, stagesOf } from '../support/stages.ts';
import { formOfSlot, formsOf } from './forms.ts';
import { type Step, steps } from './random-host.ts';
import { RecordedPorts } from './recorded-ports.ts';
import { twinServer } from './twin-server.ts';

/**
 * A hostile host does what it likes with a part, in every state of its life; all that the two ports saw is then held
 * against what a part may sign or derive. `KEYSTILE_TEST_FULL=1` runs the full count.
 */
const full = process.env.KEYSTILE_TEST_FULL === '1';
const RUNS = full ? 2000 : 100;
const SEED = 20_261_124;

const ports = new RecordedPorts();
let fleet: TestFleet;
let stages: Stages;
let credential: ServerCredential;
before(async () => {
  fleet = await TestFleet.create();
  credential = await fleet.server();
  const [policy, recovery] = fleet.policies;
  assert.ok(policy !== undefined && recovery !== undefined);
  const older: Policy = {
    ...policy,
    name: 'older',
    versions: ['1.3', '1.2'],
    cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
    resumption: true,
    revocationRule: 'none',
    revocationAgeHoursMax: 0,
  };
  const recorded = { vault: ports.vault, exporter: ports.exporter };
  stages = await stagesOf(fleet, { ...recorded, policies: [policy, recovery, older] });
});
after(() => fleet.remove());

const stage = fc.constantFrom<keyof Stages>('unmade', 'blank', 'provisioned', 'operational', 'operational');

/** One host and one part, from a stage of its life on. */
class Run {
  readonly #part: InProcessPart;
  readonly #requests = new Set<string>();
  readonly #handshakes = new Set<string>();
  readonly #nonces = new Set<string>();

  constructor(part: InProcessPart) {
    this.#part = part;
    ports.clear();
  }

  async take(step: Step): Promise<void> {
    await this.#noteRequests();
    if (step.kind === 'call' && step.name === 'evidence') {
      this.#nonces.add(toHex((step.request as { readonly nonce: Uint8Array }).nonce));
    }
    await this.#carryOut(step).catch((error: unknown) => {
      if (!(error instanceof KeystileError)) throw error;
      // KS-C100 is what the design excludes, whatever a host sends.
      assert.notEqual(error.code, 'KS-C100', `${error.message} at ${JSON.stringify(step)}`);
    });
    await this.#noteRequests();
  }

  assertOwn(): void {
    const own = { requests: this.#requests, handshakes: this.#handshakes };
    for (const order of ports.signed) {
      const forms = formsOf(order, own);
      const { kind, input } = order.purpose;
      assert.deepEqual(forms, [kind], `${order.slot} signed ${toHex(input)} as ${kind}`);
      assert.ok(formOfSlot[order.slot].includes(kind), `${order.slot} signed a ${kind}`);
    }
    for (const { label, context, length } of ports.exported) {
      assert.deepEqual({ label, length }, EVIDENCE_EXPORTER);
      assert.ok(this.#nonces.has(toHex(context)), 'a context that is no nonce of an EVIDENCE');
    }
  }

  async #carryOut(step: Step): Promise<unknown> {
    const part = this.#part;
    switch (step.kind) {
      case 'call':
        return part.call(commands[step.name] as never, step.request as never);
      case 'raw':
        return part.chip.handle(step.bytes);
      case 'handshake':
        return this.#handshake(step.policy);
      case 'boot':
        return fleet.boot(part.host);
      case 'pin':
        if (step.pin === 'tamper') return part.tamper();
        return step.pin === 'power' ? part.powerCycle() : part.chip.assertResetLine();
    }
  }

  async #handshake(policy: 'fleet' | 'older' | 'recovery'): Promise<void> {
    const server = twinServer(policy === 'older' ? '1.2' : '1.3', credential);
    const opened = await this.#part.call(commands.tlsOpen, { policy, serverName: SERVER_NAME });
    const { handle } = opened;
    let progress: TlsProgress = opened.progress;
    while (progress.outgoing.length > 0) {
      const answer = server.receive(progress.outgoing.slice());
      if (server.toBeSigned !== undefined) this.#handshakes.add(toHex(server.toBeSigned));
      if (answer.length === 0) return;
      progress = await this.#part.call(commands.tlsPush, { handle, bytes: answer });
    }
  }

  /** The requests that the part may sign with what it holds now. */
  async #noteRequests(): Promise<void> {
    const identity = await this.#read('identity');
    if (identity === undefined) return;
    const { fleet: organization, role, id } = decodeField(identityFields, identity);
    for (const slot of keySlotNames) {
      const spki = await this.#read(`${slot}-public-key`);
      if (spki === undefined) continue;
      const uri = `urn:keystile:${organization}:${role}:${id}`;
      this.#requests.add(toHex(certificationRequestInfo({ organization, commonName: id, spki, uri })));
    }
  }

  async #read(object: 'identity' | `${KeySlot}-public-key`): Promise<Uint8Array | undefined> {
    const read = this.#part.call(commands.read, { object, offset: 0, lengthMax: 4096 });
    return (await read.catch(() => undefined))?.bytes.slice();
  }
}

const signed = { csr: 0, tls: 0, statement: 0, exported: 0 };

async function runHost(from: keyof Stages, does: readonly Step[]): Promise<void> {
  const run = new Run(stages[from].fork());
  for (const step of does) await run.take(step);
  run.assertOwn();
  for (const { purpose } of ports.signed) signed[purpose.kind] += 1;
  signed.exported += ports.exported.length;
}

/** Half of the hosts begin like an honest one: what they can reach then is more. */
const property = fc.asyncProperty(stage, fc.boolean(), steps, (from, boots, does) =>
  runHost(from, boots ? [{ kind: 'boot' }, ...does] : does),
);

/** What every part does in its life, so that no count depends on chance. */
const lifeInTheField: readonly Step[] = [
  { kind: 'boot' },
  { kind: 'call', name: 'csr', request: { slot: 'ldevid' } },
  { kind: 'handshake', policy: 'fleet' },
  { kind: 'call', name: 'evidence', request: { handle: 1, nonce: new Uint8Array(32).fill(1) } },
  { kind: 'handshake', policy: 'older' },
  { kind: 'call', name: 'evidence', request: { handle: 2, nonce: new Uint8Array(32).fill(2) } },
  { kind: 'pin', pin: 'tamper' },
];

describe('a part is no oracle', () => {
  it('signs in an ordinary life one request, two handshakes of both versions, and its statements', async () => {
    await runHost('operational', lifeInTheField);
    assert.deepEqual(
      ports.signed.map(({ slot, purpose }) => `${slot} ${purpose.kind}`),
      ['ldevid csr', 'ldevid tls', 'attestation statement', 'ldevid tls', 'attestation statement'],
    );
    assert.equal(ports.exported.length, 2);
  });

  it(`signs and derives only what is its own, whatever a host does (${RUNS} hosts)`, async (test) => {
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
    test.diagnostic(`signed ${signed.csr} requests, ${signed.tls} handshakes, ${signed.statement} statements`);
    test.diagnostic(`${signed.exported} exporter values; seed ${SEED}`);
    for (const [what, count] of Object.entries(signed)) assert.ok(count >= RUNS / 25, `${what}: only ${count}`);
  });

  it('and this test would notice: a command that signs the caller’s bytes is found', async () => {
    const honest = handlers.timeToken;
    const planted = handlers as { timeToken: typeof honest };
    planted.timeToken = {
      handle: async ({ signer }, { token }) => {
        await signer.certificateVerify('ldevid', token);
        return { nowMs: 0 };
      },
    };
    try {
      await assert.rejects(fc.assert(property, { numRuns: RUNS, seed: SEED }), ({ cause }: Error) =>
        /^(?:AssertionError: )?.*ldevid signed/.test(String(cause)),
      );
    } finally {
      planted.timeToken = honest;
    }
  });

  it('and a command that lends out a key for a handshake of somebody else is found', async () => {
    const honest = handlers.evidence;
    const planted = handlers as { evidence: typeof honest };
    planted.evidence = {
      handle: async ({ sessions, exporter }, { handle, nonce }) => {
        const label = 'EXPORTER-of-the-host';
        return { statement: exporter(sessions.demand(handle), { label, context: nonce, length: 32 }) };
      },
    };
    try {
      await assert.rejects(runHost('operational', lifeInTheField), /EXPORTER-of-the-host/);
    } finally {
      planted.evidence = honest;
    }
  });
});
