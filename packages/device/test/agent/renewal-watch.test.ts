import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { isRenewalPending } from '@keystile/device';
import { commands } from '@keystile/link';
import { chainForSpare } from '@keystile/testkit';
import { AgentWorld, heard } from '../support/agent-world.ts';

const DAY_MS = 86_400_000;

let world: AgentWorld;
before(async () => {
  world = await AgentWorld.create({ evidence: true });
});
after(() => world.remove());
beforeEach(() => world.renew());
afterEach(() => world.endTest());

describe('the agent and the certificate of its device', { timeout: 60_000 }, () => {
  it('renews it when it is due by the clock of the part, once, and the next client proves it', async () => {
    let asked = 0;
    const chainFor = (): Promise<readonly Uint8Array[]> => {
      asked += 1;
      const { renewalRequest } = world.fleet;
      return chainForSpare(world.part, { ...renewalRequest, untilMs: renewalRequest.fromMs + 150 * DAY_MS });
    };
    const agent = await world.agent({ watchMs: 20, renewal: { chainFor, random: () => 0.5 } });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(asked, 0, 'a certificate of today is young');
    const { nowMs } = await world.part.call(commands.status, {});
    await world.fleet.tellTime(world.part, nowMs + 65 * DAY_MS);
    await world.logged(/"renewed"/);
    assert.equal(await isRenewalPending(world.part.host), true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(asked, 1);
    await heard(world.client(agent), 'connect');
    while (await isRenewalPending(world.part.host)) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('says so when nobody issues, and does not try again at once', async () => {
    let asked = 0;
    const chainFor = (): Promise<never> => {
      asked += 1;
      return Promise.reject(new Error('authority away'));
    };
    await world.agent({ watchMs: 10, renewal: { chainFor, random: () => 0 } });
    const { nowMs } = await world.part.call(commands.status, {});
    await world.fleet.tellTime(world.part, nowMs + 85 * DAY_MS);
    await world.logged(/KS-D139: authority away/);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(asked, 1);
  });
});
