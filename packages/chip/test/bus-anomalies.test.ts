import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { stream } from '@keystile/device';
import { KeystileError } from '@keystile/errors';
import { commands } from '@keystile/link';
import {
  type EchoServer,
  echoServer,
  InProcessPart,
  SERVER_NAME,
  TestFleet,
  type Transfer,
  type TransferFault,
} from '@keystile/testkit';
import { HANDSHAKE_MS_MAX } from '../src/sessions/tls-session.ts';
import { dialAndEcho } from './support/connect.ts';

/**
 * A bus that fails at one transfer, for every transfer of a session of a host that has just started: the channel of its
 * pairing, the handshake, one line there and back, the end. The session completes or fails with a code, and the next one, on a bus that works, completes: nothing that
 * befalls the wires leaves the part, the link or the SDK in a state that they do not come out of.
 */
const FULL = process.env.KEYSTILE_TEST_FULL === '1';
const SEED = Number(process.env.KEYSTILE_TEST_SEED ?? 20_261_124);
/** A session takes some ten milliseconds; one that takes so long hangs. */
const SESSION_MS_MAX = 20_000;

let fleet: TestFleet;
let server: EchoServer;
before(async () => {
  fleet = await TestFleet.create();
  server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice });
});
after(async () => {
  await server.close();
  fleet.remove();
});

for (const bus of ['spi:10MHz', 'i2c:400kHz']) {
  describe(`a session over ${bus}`, () => {
    let part: InProcessPart;
    let clean: readonly Transfer[];
    before(async () => {
      part = new InProcessPart({ clock: fleet.clock, bus });
      await fleet.provision(part);
      await fleet.boot(part.host);
      clean = await transfersOf(part);
    });

    for (const kind of ['fail', 'drop', 'stall', 'duplicate'] as const) {
      it(`completes when any one transfer meets: ${kind}`, async () => {
        for (const k of sample([...clean.keys()], 10)) {
          await hit(part, `${kind} at ${k}`, (number) => (number === k ? { kind } : undefined));
        }
      });
    }

    it('completes when any one byte of any frame is another', async () => {
      const places = clean.flatMap(({ bytes }, transfer) => [...bytes.keys()].map((at) => ({ transfer, at })));
      assert.ok(places.length > 4000, `${places.length} bytes`);
      for (const { transfer, at } of sample(places, 40)) {
        const fault = { kind: 'flip', at, mask: 1 << ((at + transfer) & 7) } as const;
        await hit(part, `byte ${at} of transfer ${transfer}`, (number, { bytes }) =>
          number === transfer && at < bytes.length ? fault : undefined,
        );
      }
    });

    for (const [kind, code] of [
      ['fail', 'KS-L124'],
      ['drop', 'KS-L100'],
    ] as const) {
      it(`fails with ${code} when every transfer from one on meets: ${kind}`, async () => {
        const outcomes = new Set<string>();
        for (const k of sample([...clean.keys()], 6)) {
          const outcome = await sessionWith(part, `${kind} from ${k} on`, (number) =>
            number >= k ? { kind } : undefined,
          );
          outcomes.add(outcome);
          // What the part opened and could not tell of, it gives up by itself.
          fleet.clock.pass(HANDSHAKE_MS_MAX + 1000);
        }
        // The last transfers of all release the session, of which an application hears nothing.
        outcomes.delete('completed');
        assert.deepEqual([...outcomes], [code]);
      });
    }
  });
}

/** A fault that the link comes by alone. */
async function hit(part: InProcessPart, what: string, faultAt: FaultAt): Promise<void> {
  startHost(part);
  assert.equal(await sessionWith(part, what, faultAt), 'completed', `seed ${SEED}, ${what}`);
  const { sessionsOpen } = await part.call(commands.status, {});
  assert.notEqual(part.host.pairing?.partKey, undefined, 'over the channel of the pairing');
  assert.equal(sessionsOpen, 0, `seed ${SEED}, ${what}: a session stays behind`);
}

/** Transfers of a session that nothing befalls. */
async function transfersOf(part: InProcessPart): Promise<readonly Transfer[]> {
  const transfers: Transfer[] = [];
  startHost(part);
  part.bus.disturb = (transfer) => {
    transfers.push({ ...transfer, bytes: transfer.bytes.slice() });
    return undefined;
  };
  await session(part);
  part.bus.disturb = undefined;
  return transfers;
}

/** The host of before, started anew: nothing is agreed yet on the bus. */
function startHost(part: InProcessPart): void {
  const { pairing } = part.host;
  assert.ok(pairing !== undefined);
  part.changeHost(pairing);
}

type FaultAt = (transfer: number, of: Transfer) => TransferFault | undefined;

/** `completed`, or the code that the disturbed session failed with; the next one completes. */
async function sessionWith(part: InProcessPart, what: string, faultAt: FaultAt): Promise<string> {
  let number = 0;
  part.bus.disturb = (transfer) => faultAt(number++, transfer);
  const outcome = await session(part).then(
    () => 'completed',
    (error: unknown) => {
      assert.ok(error instanceof KeystileError, `seed ${SEED}, ${what}: ${String(error)}`);
      return error.code;
    },
  );
  part.bus.disturb = undefined;
  part.bus.transactions.length = 0;
  await session(part).catch((error: unknown) => {
    throw new Error(`seed ${SEED}, ${what}: the session ended with ${outcome}, and the next one did not complete`, {
      cause: error,
    });
  });
  return outcome;
}

async function session(part: InProcessPart): Promise<void> {
  const { port } = server;
  const connection = stream({ part: part.host, policy: 'fleet', host: '127.0.0.1', port, serverName: SERVER_NAME });
  const closed = new Promise((resolve) => connection.once('close', resolve));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the session hangs')), SESSION_MS_MAX);
  });
  try {
    await Promise.race([dialAndEcho(connection).finally(() => closed), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** All of them in a full run, `count` otherwise, drawn by the seed. */
function sample<T>(all: readonly T[], count: number): readonly T[] {
  if (FULL || all.length <= count) return all;
  const chosen = new Set<number>();
  let state = SEED >>> 0;
  while (chosen.size < count) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    chosen.add(Math.floor((state / 0x1_0000_0000) * all.length));
  }
  return [...chosen].toSorted((a, b) => a - b).flatMap((i) => all.slice(i, i + 1));
}
