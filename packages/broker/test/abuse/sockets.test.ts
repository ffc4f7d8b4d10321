import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate, type Packet } from 'mqtt-packet';
import { BrokerProgram } from '../support/broker-program.ts';
import { beside } from '../support/bystander.ts';
import { addressOf, Crowd } from '../support/crowd.ts';
import { RawMqtt } from '../support/raw-mqtt.ts';
import { insecureListener, mqttsListener, rulesFor, wssListener } from '../support/test-broker.ts';
import { TestFleet } from '../support/test-fleet.ts';

/** Attacks by connections, on the broker as a program. Everything stays on the loopback address and ends by itself. */

const full = process.env.KEYSTILE_TEST_FULL === '1';
const skip = existsSync('/proc/self/status') ? false : 'the memory of another process is read from /proc';

const TIMEOUT_MS = 1000;
const HALF_OPEN = 16;

const crowd = 'identity = "urn:keystile:home:service:crowd"\nclient_ids = "any"\n';
const limits = `[listener.limits]\nconnect_timeout_ms = ${TIMEOUT_MS}\n`;
const configuration = [
  `[[listener]]\nname = "calm"\nkind = "unix"\npath = "calm.sock"\nidentity = "urn:keystile:home:service:calm"\n`,
  insecureListener(`${crowd}half_open = ${HALF_OPEN}\n${limits}`),
  insecureListener(`${crowd}${limits}packet_size = 268_435_456\n`).replace('"plain"', '"large"'),
  wssListener(`handshake_timeout_ms = ${TIMEOUT_MS}\n`),
  mqttsListener(`handshake_timeout_ms = ${TIMEOUT_MS}\n`),
  rulesFor(['service'], '#'),
].join('\n');

const connectPacket = (clientId: string, keepalive = 0): Buffer =>
  generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, clean: true, keepalive, clientId });
/** CONNECT that says 100 bytes and stops after the protocol name. */
const halfConnect = Buffer.from([0x10, 100, 0, 4, ...Buffer.from('MQTT')]);
/** The start of a TLS record with a ClientHello of 508 bytes. */
const halfHello = Buffer.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03);

describe('Attacks by connections', { skip }, () => {
  let broker: BrokerProgram;

  before(async () => {
    broker = await BrokerProgram.start(await TestFleet.make(), configuration);
  });

  after(async () => {
    await broker.stop();
  });

  /** Bytes of memory that `attack` made the broker take, at the end of the attack. */
  async function grownBy(attack: () => Promise<unknown>): Promise<number> {
    const startedWith = broker.residentBytes;
    await attack();
    return broker.residentBytes - startedWith;
  }

  test('that say nothing, or stop in the middle of a handshake or of CONNECT, end when their time is over', async () => {
    const count = full ? 6000 : 400;
    const attackers = new Crowd();
    await beside(broker.path('calm'), async () => {
      const grown = await grownBy(async () => {
        for (let number = 0; number < count; number++) {
          const [port, first] = [
            [broker.port('plain'), new Uint8Array(0)],
            [broker.port('plain'), halfConnect],
            [broker.port('devices'), halfHello],
            [broker.port('pages'), halfHello],
          ][number % 4] as [number, Uint8Array];
          await attackers.open(port, addressOf(number), first);
        }
      });
      assert.ok(grown / count < 100_000, `${grown / count} bytes for each`);
      assert.ok(await attackers.untilClosed(count, 5 * TIMEOUT_MS), `${attackers.closed} of ${count} were closed`);
    });
    attackers.disperse();
  });

  test('that are half-open take no more than the share of their address, and another address is served', async () => {
    const attackers = new Crowd();
    await beside(broker.path('calm'), async () => {
      const others = 10 * HALF_OPEN;
      for (let number = 0; number < HALF_OPEN + others; number++) {
        await attackers.open(broker.port('plain'), '127.200.0.1', halfConnect);
      }
      assert.ok(await attackers.untilClosed(others, 5 * TIMEOUT_MS));
      assert.ok(attackers.closed < HALF_OPEN + others, 'the share of the address is open');
      const friend = new Crowd();
      const client = new RawMqtt(await friend.open(broker.port('plain'), '127.200.0.2'));
      client.connect('friend');
      assert.partialDeepStrictEqual(await client.next(), { cmd: 'connack', reasonCode: 0 });
      friend.disperse();
      assert.ok(await attackers.untilClosed(HALF_OPEN + others, 5 * TIMEOUT_MS));
    });
  });

  test('that announce 256 MiB and send it byte by byte take what has arrived', async () => {
    const count = full ? 9000 : 300;
    const attackers = new Crowd();
    await beside(broker.path('calm'), async () => {
      const grown = await grownBy(async () => {
        for (let number = 0; number < count; number++) {
          const socket = await attackers.open(broker.port('large'), addressOf(number), connectPacket(`c${number}`));
          // PUBLISH with a remaining length of 268,435,451, the largest whose packet is within the limit.
          socket.write(Buffer.of(0x30, 0xfb, 0xff, 0xff, 0x7f));
        }
        for (let round = 0; round < 5; round++) {
          for (const socket of attackers.sockets) socket.write(Buffer.of(0));
          await sleep(20);
        }
      });
      assert.ok(grown / count < 60_000, `${grown / count} bytes for each`);
      assert.equal(attackers.closed, 0);
    });
    attackers.disperse();
  });

  test('that announce more than the limit end at the header', async () => {
    const attackers = new Crowd();
    const socket = await attackers.open(broker.port('plain'), addressOf(1), connectPacket('a'));
    const client = new RawMqtt(socket);
    await client.next();
    socket.write(Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f));
    assert.partialDeepStrictEqual(await client.next(), { cmd: 'disconnect', reasonCode: 0x95 });
    assert.ok(await attackers.untilClosed(1, 5000));
  });

  test('that flood a topic, read by one that does not read, cost its queue and nobody else', async () => {
    const floodMs = full ? 10_000 : 500;
    const attackers = new Crowd();
    const open = (id: string): Promise<Socket> => attackers.open(broker.port('plain'), addressOf(7), connectPacket(id));
    await beside(broker.path('calm'), async () => {
      const reader = await open('reader');
      reader.write(encoded({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'flood', qos: 1 }] }));
      await sleep(50);
      reader.pause();
      const writer = await open('writer');
      const message = { cmd: 'publish', topic: 'flood', payload: 'x'.repeat(1000), retain: false, dup: false } as const;
      const chunk = Buffer.concat(Array.from({ length: 60 }, () => encoded({ ...message, qos: 0 })));
      let flooded = 0;
      const grown = await grownBy(async () => {
        for (const untilMs = performance.now() + floodMs; performance.now() < untilMs; await sleep(1)) {
          // A writer that is as fast as the network takes it, and leaves its own process room to breathe.
          if (writer.writableLength < 4 * chunk.length) {
            writer.write(chunk);
            flooded += 60;
          }
        }
      });
      assert.ok(flooded > 2000, `${flooded} messages are no flood`);
      // 8 MiB of queue, what the kernel and the driver hold, and garbage that is not collected yet.
      assert.ok(grown < 150 * 1024 * 1024, `${grown} bytes`);
    });
    attackers.disperse();
  });
});

function encoded(packet: Packet): Buffer {
  return generate(packet, { protocolVersion: 5 });
}
