import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as netConnect } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { commands } from '@keystile/link';
import { echoServer, InProcessPart, SERVER_NAME, strangerAuthority, TestFleet } from '@keystile/testkit';
import { connectInProcess } from '../support/connect.ts';

/**
 * What a server's certificate may do to the time of a part: a part that lay in a warehouse learns from it that months
 * have passed, and nobody who has one certificate too many can age the part until nothing is valid any more.
 */
const DAY_MS = 86_400_000;

let fleet: TestFleet;
let operational: InProcessPart;
let part: InProcessPart;
let startMs: number;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  startMs = fleet.clock.ms;
  await fleet.provision(operational);
});
after(() => fleet.remove());
beforeEach(async () => {
  part = operational.fork();
  await fleet.boot(part.host);
});

const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

/** A handshake with OpenSSL, whose certificate begins so many days after the start and lasts for thirty. */
async function connect(fromDays: number, issuer = fleet.fleet.authorities['server-ca']): Promise<void> {
  const fromMs = startMs + fromDays * DAY_MS;
  await connectInProcess(fleet, part, await fleet.server({ issuer, fromMs, untilMs: fromMs + 30 * DAY_MS }));
}

async function floorMs(): Promise<number> {
  return (await part.call(commands.status, {})).timeFloorMs;
}

describe('a certificate that begins later than the time of the part', () => {
  it('moves the floor, which outlasts a power cut, when a server of the fleet has shown that it is its own', async () => {
    await connect(60);
    const expected = wholeSecond(startMs + 60 * DAY_MS);
    assert.equal(await floorMs(), expected);
    part.powerCycle();
    assert.equal(await floorMs(), expected);
  });

  it('moves it by 90 days after the last token, and not by a day more', async () => {
    await assert.rejects(connect(90.01), { code: 'KS-P103', detail: /is valid from/ });
    assert.equal(await floorMs(), startMs);
    await connect(90);
    assert.equal(await floorMs(), wholeSecond(startMs + 90 * DAY_MS));
  });

  it('does not do so again and again: it is the last token that counts, not the last certificate', async () => {
    await connect(50);
    await connect(89);
    for (const days of [91, 100, 139]) await assert.rejects(connect(days), { code: 'KS-P103' }, `${days} days`);
    assert.equal(await floorMs(), wholeSecond(startMs + 89 * DAY_MS));
    await fleet.tellTime(part.host, startMs + 89 * DAY_MS);
    await connect(139);
    assert.equal(await floorMs(), wholeSecond(startMs + 139 * DAY_MS));
  });

  it('does not move it back: a certificate that began long ago is only valid', async () => {
    await connect(20);
    const later = await floorMs();
    await connect(-5);
    assert.equal(await floorMs(), later);
  });

  it('from 2099 is refused, whoever signed it, and ages nothing', async () => {
    const fromDays = (Date.UTC(2099, 0, 1) - startMs) / DAY_MS;
    await assert.rejects(connect(fromDays), { code: 'KS-P103', detail: /is valid from 2099-01-01/ });
    const stranger = await strangerAuthority(startMs);
    await assert.rejects(connect(fromDays, stranger), { code: /^KS-P10[13]$/ });
    assert.equal(await floorMs(), startMs);
    await connect(0);
  });

  it('of another fleet moves nothing, however near it is', async () => {
    const stranger = await strangerAuthority(startMs);
    await assert.rejects(connect(0.5, stranger), { code: /^KS-P10[13]$/ });
    assert.equal(await floorMs(), startMs);
  });

  it('moves nothing before the server has finished the handshake, in which it shows that it holds the key', async () => {
    const fromMs = startMs + 30 * DAY_MS;
    const server = await echoServer({
      ...(await fleet.server({ fromMs, untilMs: fromMs + DAY_MS })),
      ...fleet.demandsDevice,
    });
    const { handle, progress } = await part.call(commands.tlsOpen, { policy: 'fleet', serverName: SERVER_NAME });
    const socket = netConnect({ host: '127.0.0.1', port: server.port });
    socket.write(progress.outgoing.slice());
    const [flight] = (await once(socket, 'data')) as [Buffer];
    // The last record is Finished, or ends with it.
    flight[flight.length - 1] = (flight.at(-1) ?? 0) ^ 1;
    const { phase } = await part.call(commands.tlsPush, { handle, bytes: flight });
    const { entries } = await part.call(commands.traceRead, { handle, from: 0 });
    const received = entries.filter(({ direction }) => direction === 'received').map(({ name }) => name);
    socket.destroy();
    await server.close();
    assert.ok(received.includes('Certificate') && !received.includes('Finished'), received.join());
    assert.equal(phase, 'failed');
    assert.equal(await floorMs(), startMs);
  });
});

describe('the limits of 400 and of 90 days', () => {
  it('hold together: a token moves the time by 400 days, a certificate by 90 more', async () => {
    await assert.rejects(fleet.tellTime(part.host, startMs + 400 * DAY_MS + 1), { code: 'KS-C153' });
    await fleet.tellTime(part.host, startMs + 400 * DAY_MS);
    await assert.rejects(connect(491), { code: 'KS-P103' });
    await connect(490);
    assert.equal(await floorMs(), wholeSecond(startMs + 490 * DAY_MS));
  });

  it('are measured from the time of the part, wherever it has that from', async () => {
    await connect(90);
    await assert.rejects(fleet.tellTime(part.host, startMs + 491 * DAY_MS), { code: 'KS-C153' });
    await fleet.tellTime(part.host, startMs + 489 * DAY_MS);
    assert.equal(await floorMs(), startMs + 489 * DAY_MS);
  });
});
