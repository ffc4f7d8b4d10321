import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { FRAME_OVERHEAD, SEAL_LENGTH } from '@keystile/link';
import { exchangeBudget, frameAndChannelBytes } from '../src/chip/counts.ts';
import { ChipPlace } from '../src/chip/place.ts';
import { PUBLISH_LENGTH } from '../src/chip/publish.ts';
import { workloads } from '../src/chip/workloads.ts';
import { rowOf } from '../src/comparison.ts';

const place = new ChipPlace({ rounds: 1, scale: 1 / 10_000 });
after(() => place.end());

for (const name of ['paired', 'unpaired'] as const) {
  const seal = name === 'paired' ? SEAL_LENGTH : 0;

  test(`${name}: frames and seals are all that the bus carries beside requests and answers`, async () => {
    const counts = await place.counts(name, 'spi:10MHz');
    for (const traffic of [counts.handshake, counts.publish, counts.rest]) {
      assert.equal(traffic.exchanges, traffic.commands, 'each request and each answer fits one frame');
      assert.equal(traffic.frames, 2 * traffic.exchanges);
      assert.equal(traffic.bytes, traffic.messageBytes + traffic.frames * (FRAME_OVERHEAD + seal));
      assert.equal(traffic.bytes, traffic.messageBytes + frameAndChannelBytes(traffic, counts));
      assert.deepEqual([traffic.polls, traffic.retransmissions, traffic.crcErrors], [0, 0, 0]);
    }
  });

  test(`${name}: a handshake stays within its exchanges, and its bytes on the bus within a tenth more`, async () => {
    const counts = await place.counts(name, 'spi:10MHz');
    const { fixed, toPart, fromPart } = exchangeBudget(counts);
    assert.deepEqual([fixed, toPart, fromPart], [12, 1, 1]);
    assert.ok(counts.handshake.exchanges <= fixed + toPart + fromPart);
    const { bytes, networkToPart, networkFromPart } = counts.handshake;
    assert.ok(networkToPart > 1000 && networkFromPart > 1000, 'a certificate went each way');
    assert.ok(bytes <= 1.1 * (networkToPart + networkFromPart));
  });

  test(`${name}: a publish is one exchange, byte for byte`, async () => {
    const { publish } = await place.counts(name, 'spi:10MHz');
    const record = 5 + PUBLISH_LENGTH + 1 + 16;
    const request = 1 + 1 + 2 + PUBLISH_LENGTH;
    // Status, phase, the record with its length, bytes to pull, bytes to read, no failure.
    const answer = 1 + 1 + (2 + record) + 4 + 4 + 1;
    assert.equal(publish.exchanges, 1);
    assert.deepEqual([publish.networkToPart, publish.networkFromPart], [0, record]);
    assert.equal(publish.bytes, request + answer + 2 * (FRAME_OVERHEAD + seal));
  });
}

test('time on the bus follows from bytes and transactions', async () => {
  const onSpi = (await place.counts('paired', 'spi:1MHz')).handshake;
  assert.equal(onSpi.busNs, onSpi.bytes * 8 * 1000);
  const onI2c = (await place.counts('paired', 'i2c:400kHz')).handshake;
  // A frame is written in one transaction and read in two, each with an address, START and STOP.
  assert.equal(onI2c.busNs, (onI2c.bytes * 9 + onI2c.exchanges * 3 * 11) * 2500);
});

test('rows have names of their own, and the budget of exchanges says its terms', async () => {
  const names = workloads.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  const [exchanges] = workloads;
  assert.ok(exchanges);
  const row = rowOf({ workload: exchanges.name, ...(await exchanges.measure(place)) });
  assert.match(row.target, /^≤ 12 \+ ⌈\d+ \/ \d+⌉ \+ ⌈\d+ \/ \d+⌉$/);
  assert.deepEqual([row.peer, row.met], [14, true]);
});
