import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { commands } from '@keystile/link';
import { ProcessPart, TestFleet } from '@keystile/testkit/field';
import { HostPairing, openPart } from '../src/index.ts';

let fleet: TestFleet;
let part: ProcessPart;
before(async () => {
  [fleet, part] = await Promise.all([TestFleet.create(), ProcessPart.start()]);
  await fleet.provision(part);
});
after(async () => {
  await part.remove();
  fleet.remove();
});

describe('a part on its bus', () => {
  it('talks to several programs of its host at once, each by a channel of its own', async () => {
    const { pairing } = part;
    const second = await openPart({ path: part.busPath, bus: 'i2c:400kHz', pairing });
    for (let turn = 0; turn < 5; turn++) {
      await Promise.all([part.call(commands.list, {}), second.call(commands.random, { length: 16 })]);
    }
    second.close();
    await part.call(commands.list, {});
  });

  it('knows its host again after either was started anew', async () => {
    const { pairing } = part;
    await part.restart();
    await part.call(commands.list, {});
    const restarted = await openPart({ path: part.busPath, bus: 'spi:10MHz', pairing });
    await restarted.call(commands.list, {});
    restarted.close();
  });

  it('refuses a program without the pairing, and one that cannot pair says so', async () => {
    const stranger = await openPart({ path: part.busPath, bus: 'spi:10MHz' });
    await assert.rejects(stranger.call(commands.list, {}), { code: 'KS-C170' });
    await assert.rejects(
      stranger.pair(() => {}),
      { code: 'KS-D123' },
    );
    stranger.close();
    const other = HostPairing.create().withPart(part.pairing.partKey ?? assert.fail());
    await assert.rejects(openPart({ path: part.busPath, bus: 'spi:10MHz', pairing: other }), { code: 'KS-C172' });
  });

  it('offers pieces that fit one sealed frame', async () => {
    const bytes = new Uint8Array(part.host.pieceMax).fill(1);
    const before = part.host.counters.exchanges;
    await assert.rejects(part.call(commands.tlsPush, { handle: 200, bytes }), { code: 'KS-C163' });
    assert.equal(part.host.counters.exchanges - before, 1);
  });
});
