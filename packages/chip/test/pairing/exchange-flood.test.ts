import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type HostPairing, readPartLog } from '@keystile/device';
import { callCommand, commands, type Exchange, LinkPairing } from '@keystile/link';
import { InProcessPart, TestFleet } from '@keystile/testkit';

/** Whoever has read the host's public key on the bus begins pairing exchanges, and finishes none. */
let fleet: TestFleet;
let operational: InProcessPart;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  await fleet.provision(operational);
});
after(() => fleet.remove());

/** Requests on a link of their own, in clear. */
function strangersLink(part: InProcessPart): Exchange {
  const pairing = new LinkPairing();
  return async (request) => {
    // As on any bus, what others have sent meanwhile comes first.
    await new Promise(setImmediate);
    return part.chip.handle(request, { sealedBy: undefined, pairing });
  };
}

function hostOf({ host }: InProcessPart): HostPairing {
  return host.pairing ?? assert.fail('the part has a host');
}

function begin(part: InProcessPart, link: Exchange): Promise<unknown> {
  const hostEphemeral = new Uint8Array(randomBytes(32));
  return callCommand(link, commands.pairBegin, { hostKey: hostOf(part).publicKey, hostEphemeral });
}

/** How many of `tries` the part has answered; the others were refused for their number. */
async function flood(part: InProcessPart, link: Exchange, tries: number): Promise<number> {
  let begun = 0;
  for (let at = 0; at < tries; at++) {
    await begin(part, link).then(
      () => begun++,
      (error: { code: string }) => assert.equal(error.code, 'KS-C252'),
    );
  }
  return begun;
}

describe('a flood of PAIR_BEGIN', () => {
  it('is answered eight times, then once a powered second, and STATUS tells the link so', async () => {
    const part = operational.fork();
    const link = strangersLink(part);
    assert.equal(await flood(part, link, 50), 8);
    await assert.rejects(begin(part, link), { code: 'KS-C252', message: /the next in 1 powered seconds/ });
    const { throttled } = await callCommand(link, commands.status, {});
    assert.deepEqual(throttled, [{ opcode: commands.pairBegin.opcode, waitSeconds: 1 }]);
    part.clock.pass(3000);
    assert.equal(await flood(part, link, 10), 3);
    part.clock.pass(3_600_000);
    assert.equal(await flood(part, link, 50), 8, 'and never more than that at once');
  });

  it('takes nothing from the host: its channel works on, and so does a new one, on its own link', async () => {
    const part = operational.fork();
    const link = strangersLink(part);
    await part.call(commands.list, {});
    for (let turn = 0; turn < 5; turn++) {
      await flood(part, link, 20);
      await part.call(commands.list, {});
      assert.deepEqual((await part.call(commands.status, {})).throttled, []);
      part.changeHost(hostOf(part));
      await part.call(commands.list, {});
    }
  });

  it('does not make the host wait longer than for one exchange, however many others come', async () => {
    const part = operational.fork();
    await part.call(commands.list, {});
    const links = Array.from({ length: 15 }, () => strangersLink(part));
    const order: string[] = [];
    const floods = links.map((link) => flood(part, link, 8).then(() => order.push('flood')));
    await part.call(commands.list, {}).then(() => order.push('host'));
    await Promise.all(floods);
    assert.equal(order[0], 'host', 'it is served in its turn');
  });

  it('is in the log, in one entry, and has written nothing by itself', async () => {
    const part = operational.fork();
    const { writes } = part;
    await flood(part, strangersLink(part), 200);
    assert.equal(part.writes, writes);
    await fleet.tellTime(part, fleet.clock.ms + 1000);
    const { entries } = await readPartLog(part.host, { segment: 'host' });
    const told = entries.filter(({ detail }) => detail.startsWith('KS-C252'));
    assert.partialDeepStrictEqual(told, [{ event: 'command-refused', detail: 'KS-C252 PAIR_BEGIN', count: 192 }]);
  });

  it('by a stranger with a key of his own is refused for it, before anything is computed', async () => {
    const part = operational.fork();
    const link = strangersLink(part);
    const hostKey = new Uint8Array(randomBytes(32));
    for (let tries = 0; tries < 20; tries++) {
      await assert.rejects(callCommand(link, commands.pairBegin, { hostKey, hostEphemeral: hostKey }), {
        code: 'KS-C172',
      });
    }
    assert.equal(await flood(part, link, 10), 8, 'it has not been counted');
  });
});

describe('a host that makes its channel anew again and again', () => {
  it('is never throttled: each exchange that it finishes restores what it may', async () => {
    const part = operational.fork();
    const link = strangersLink(part);
    for (let exchange = 0; exchange < 40; exchange++) {
      await flood(part, link, 5);
      await hostOf(part).openChannel(link);
    }
  });
});
