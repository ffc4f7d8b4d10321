import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AuthPacket,
  type ConnectPacket,
  encodePacket,
  NO_PROPERTIES,
  type Packet,
  type ProtocolVersion,
  type PubackPacket,
  Reason,
} from '../../src/index.ts';
import { kindsOf, packetOfKind, type Way } from '../support/any-packet.ts';
import { generateTheirs, inTheirWords, parseTheirs } from '../support/mqtt-packet.ts';
import { Random } from '../support/random.ts';
import { bytesOf, decodeAll, decoderFor, faultOf, framed, packetId, plain, text } from '../support/vectors.ts';

/** `mqtt-packet` and this codec must mean the same by the same bytes, but for the differences listed at the end. */

const full = process.env.KEYSTILE_TEST_FULL === '1';
const packetsOfAKind = full ? 2000 : 60;
const ways: readonly Way[] = ([3, 4, 5] as const).flatMap((version) =>
  (['server', 'client'] as const).map((to) => ({ version, to })),
);

describe('mqtt-packet', () => {
  for (const way of ways) {
    for (const kind of kindsOf(way)) {
      const title = `${kind} (${way.version}, to ${way.to})`;
      it(`${title}: what one writes the other reads, with the same meaning`, () => {
        const random = new Random(0x6d71_7474 + way.version);
        for (let count = 0; count < packetsOfAKind; count++) {
          const packet = packetOfKind(kind, random, way);
          const about = `seed ${random.seed}, packet ${count}: ${JSON.stringify(plain(packet))}`;
          readsOurs(packet, way.version, about);
          if (!refusesToWrite(packet)) readsTheirs(packet, way, about);
        }
      });
    }
  }
});

function readsOurs(packet: Packet, version: ProtocolVersion, about: string): void {
  const parsed = parseTheirs(encodePacket(packet, version), version);
  assert.ok(!(parsed instanceof Error), `${about}: ${parsed}`);
  assert.equal(parsed.length, 1, about);
  const expected = inTheirWords(packet, version);
  const found = Object.fromEntries(Object.keys(expected).map((key) => [key, Reflect.get(parsed[0] ?? {}, key)]));
  // It names an identifier that is not there in its own way.
  if (packet.kind === 'publish' && packet.qos === 0) found.messageId = undefined;
  assert.deepEqual(plain(found), plain(expected), about);
}

function readsTheirs(packet: Packet, { version, to }: Way, about: string): void {
  const bytes = generateTheirs(packet, version);
  const [read, ...more] = decodeAll(decoderFor(to, version, packet.kind), [bytes]);
  assert.deepEqual(grouped(read), grouped(packet), about);
  assert.deepEqual(more, [], about);
}

/** User properties of one name stand together in `mqtt-packet`, which keeps them in an object. */
function grouped(packet: Packet | undefined): unknown {
  return JSON.parse(JSON.stringify(plain(packet)), (key, value) => {
    if (key !== 'userProperties') return value;
    const names = [...new Set(value.map(([name]: [string, string]) => name))].sort();
    return names.map((name) => value.filter((pair: [string, string]) => pair[0] === name));
  });
}

function refusesToWrite(packet: Packet): boolean {
  return packet.kind === 'connect' && packet.clientId === '' && (!packet.cleanStart || packet.version === 3);
}

const connect: ConnectPacket = {
  kind: 'connect',
  version: 5,
  cleanStart: true,
  keepAliveSeconds: 0,
  clientId: 'c',
  properties: NO_PROPERTIES,
};

describe('differences to mqtt-packet', () => {
  it('it writes no password without a user name, which MQTT 5.0 §3.1.2.9 allows', () => {
    const packet = { ...connect, password: Uint8Array.of(1) };
    assert.throws(() => generateTheirs(packet, 5), /Username is required/);
    assert.equal(decodeAll(decoderFor('server', 5, 'connect'), [encodePacket(packet, 5)]).length, 1);
  });

  it('it writes no empty client id unless the session is clean: here that is the broker’s to refuse', () => {
    const packet = { ...connect, cleanStart: false, clientId: '' };
    assert.throws(() => generateTheirs(packet, 5), /clientId must be given/);
    assert.equal(decodeAll(decoderFor('server', 5, 'connect'), [encodePacket(packet, 5)]).length, 1);
  });

  it('it does not read an AUTH whose reason is left out (§3.15.2.1)', () => {
    const auth: AuthPacket = { kind: 'auth', reason: Reason.success, properties: NO_PROPERTIES };
    assert.ok(parseTheirs(encodePacket(auth, 5), 5) instanceof Error);
  });

  it('it loses the order of user properties with different names, and an empty value before another', () => {
    const userProperties = [
      ['a', ''],
      ['b', '2'],
      ['a', '3'],
    ] as const;
    const puback: PubackPacket = { kind: 'puback', packetId: packetId(1), reason: 0, properties: { userProperties } };
    const bytes = encodePacket(puback, 5);
    const [theirs] = parseTheirs(bytes, 5) as readonly { properties: { userProperties: object } }[];
    assert.deepEqual({ ...theirs?.properties.userProperties }, { a: '3', b: '2' });
    assert.deepEqual(plain(decodeAll(decoderFor('server', 5, 'puback'), [bytes])), plain([puback]));
  });

  /** What it reads and the standard forbids: the bytes, and our fault. */
  const lenient = {
    'a topic name with a wildcard [MQTT-3.3.2-2]': [framed('30', text('a/#'), '00'), 'topic-name'],
    'U+0000 in a string [MQTT-1.5.4-2]': [framed('30', '0001', '00', '00'), 'utf8'],
    'ill-formed UTF-8 [MQTT-1.5.4-1]': [framed('30', '0002', 'c0af', '00'), 'utf8'],
    'DUP at QoS 0 [MQTT-3.3.1-2]': [framed('38', text('t'), '00'), 'publish-flags'],
    'packet identifier 0 [MQTT-2.2.1-3]': [framed('40', '0000'), 'packet-id'],
    'neither a topic nor an alias (§3.3.2.1)': [framed('30', '0000', '00'), 'topic-missing'],
    'a filter with a wildcard inside a level [MQTT-4.7.1-2]': [
      framed('82', '0001', '00', text('a+'), '00'),
      'topic-filter',
    ],
    'no filter at all [MQTT-3.8.3-2]': [framed('82', '0001', '00'), 'no-entries'],
    'no local on a shared subscription [MQTT-3.8.3-4]': [
      framed('82', '0001', '00', text('$share/g/f'), '04'),
      'shared-no-local',
    ],
    'a property of another packet (table 2-4)': [framed('30', text('t'), '03', '210001'), 'property-not-allowed'],
    'a property twice (§2.2.2.2)': [framed('30', text('t'), '04', '01010101'), 'property-repeated'],
    'a receive maximum of 0 (§3.1.2.11.3)': [framed('40', '0001', '00', '03', '210000'), 'property-not-allowed'],
    'a topic alias of 0 [MQTT-3.3.2-8]': [framed('30', text('t'), '03', '230000'), 'topic-alias'],
    'a length that is not the shortest [MQTT-1.5.5-1]': [['c0', '8000'], 'remaining-length'],
    'bytes behind PINGREQ (§3.12)': [['c0', '01', 'ff'], 'trailing-bytes'],
    'bytes behind the properties (§3.4)': [framed('40', '0001', '00', '00', 'ff'), 'trailing-bytes'],
  } as const;
  for (const [what, [wire, fault]] of Object.entries(lenient)) {
    it(`it reads ${what}`, () => {
      assert.ok(!(parseTheirs(bytesOf(wire), 5) instanceof Error));
      assert.equal(faultOf(() => decodeAll(decoderFor('server', 5, 'publish'), [bytesOf(wire)])).fault, fault);
    });
  }
});
