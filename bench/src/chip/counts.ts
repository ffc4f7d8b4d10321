import { once } from 'node:events';
import { type AccountedBus, type DeviceStream, type HostPairing, stream } from '@keystile/device';
import { commands, FRAME_OVERHEAD, SEAL_LENGTH } from '@keystile/link';
import { clockPeriods, parseBusSpeed } from '@keystile/link/node';
import { writeRequest } from '../tls/request.ts';
import { serverName } from '../tls/server-name.ts';
import { CountingPart, type Traffic, trafficBetween } from './counting-part.ts';
import { PUBLISH_LENGTH } from './publish.ts';

/**
 * What crosses the bus, counted and not timed: the same each time, but for the one to three bytes by which ECDSA
 * signatures differ in length.
 */
export interface Counts {
  /** From TLS_OPEN to the end of the handshake. */
  readonly handshake: Traffic;
  /** The same in time, TCP included and the bus' own not. */
  readonly handshakeMs: number;
  /** From there to the first byte of the server (its tickets are before it), and the end of the connection. */
  readonly rest: Traffic;
  /** One {@link PUBLISH_LENGTH}-byte publish. */
  readonly publish: Traffic;
  /** TLS bytes that one frame carries. */
  readonly pieceMax: number;
  readonly sealed: boolean;
}

export interface CountingPlace {
  readonly bus: AccountedBus;
  readonly port: number;
  /** Of the host; undefined for a part that is paired with nobody. */
  readonly pairing: HostPairing | undefined;
}

/** Takes one connection to the bench's server; the bus is the caller's to close. */
export async function countTraffic({ bus, port, pairing }: CountingPlace): Promise<Counts> {
  const part = new CountingPart(bus, pairing);
  // What is said once to a part is not of its first handshake: agreeing on frames, making the channel.
  await part.call(commands.info, {});
  const start = part.traffic;
  const startedMs = performance.now();
  const connection = stream({ part, policy: 'fleet', host: '127.0.0.1', port, serverName });
  await once(connection, 'secureConnect');
  const connected = part.traffic;
  const handshakeMs = performance.now() - startedMs;
  await once(connection, 'data');
  const greeted = part.traffic;
  await askForSink(connection);
  const asked = part.traffic;
  await written(connection, new Uint8Array(PUBLISH_LENGTH));
  const published = part.traffic;
  connection.destroy();
  await once(connection, 'close');
  return {
    handshake: trafficBetween(start, connected),
    handshakeMs,
    rest: sumOf(trafficBetween(connected, greeted), trafficBetween(published, part.traffic)),
    publish: trafficBetween(asked, published),
    pieceMax: part.pieceMax,
    sealed: pairing !== undefined,
  };
}

/** The server takes any bytes then, and says so. */
async function askForSink(connection: DeviceStream): Promise<void> {
  const ready = once(connection, 'data');
  await written(
    connection,
    Buffer.from(writeRequest({ kind: 'sink', bytes: 2 * PUBLISH_LENGTH, piece: PUBLISH_LENGTH })),
  );
  await ready;
}

function written(connection: DeviceStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

function sumOf(a: Traffic, b: Traffic): Traffic {
  const names = Object.keys(a) as (keyof Traffic)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as Traffic;
}

/** Frame and channel: what the bus carries beside the messages. */
export function frameAndChannelBytes({ frames }: Traffic, { sealed }: Pick<Counts, 'sealed'>): number {
  return frames * (FRAME_OVERHEAD + (sealed ? SEAL_LENGTH : 0));
}

/** How many exchanges a handshake may take, term by term. */
export interface ExchangeBudget {
  readonly fixed: number;
  readonly toPart: number;
  readonly fromPart: number;
}

const EXCHANGES_FIXED = 12;

export function exchangeBudget({ handshake, pieceMax }: Counts): ExchangeBudget {
  return {
    fixed: EXCHANGES_FIXED,
    toPart: Math.ceil(handshake.networkToPart / pieceMax),
    fromPart: Math.ceil(handshake.networkFromPart / pieceMax),
  };
}

/** What the TLS bytes alone would take on this bus, each way in one transaction, with no frames, commands or answers. */
export function bareBusMs({ networkToPart, networkFromPart }: Traffic, speed: string): number {
  const { kind, hz } = parseBusSpeed(speed);
  return ((clockPeriods(kind, networkToPart) + clockPeriods(kind, networkFromPart)) * 1000) / hz;
}
