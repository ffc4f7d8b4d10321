import { type TimingProfile, timingProfileNames } from '@keystile/chip/node';
import { scaled } from '../bench.ts';
import { alternate, type Comparison, type Target } from '../comparison.ts';
import type { Traffic } from './counting-part.ts';
import { bareBusMs, exchangeBudget, frameAndChannelBytes } from './counts.ts';
import { processCpuMs } from './cpu.ts';
import type { HostTask } from './host.ts';
import type { ChipPlace, PartName } from './place.ts';
import { cryptographyMs, type HandshakeKind } from './profiles.ts';

export interface ChipWorkload {
  readonly name: string;
  readonly measure: (place: ChipPlace) => Promise<Omit<Comparison, 'workload'>>;
}

type Figures = Omit<Comparison, 'workload'>;

const parts: readonly PartName[] = ['paired', 'unpaired'];
const speeds = ['spi:10MHz', 'spi:1MHz', 'i2c:1MHz', 'i2c:400kHz', 'i2c:100kHz'] as const;
/** Counts do not depend on the speed. */
const ANY_SPEED = speeds[0];
const steps = ['handshake', 'publish'] as const;
type Step = (typeof steps)[number];

const reported: Target = { reported: true };
const OVERHEAD_MAX = 0.1;
const PART_CPU_MS_MAX = 3;
const HOST_CPU_MAX = 0.5;

export const workloads: readonly ChipWorkload[] = [
  ...parts.flatMap((part) => countedOf(part)),
  ...parts.flatMap((part) => steps.flatMap((step) => speeds.map((speed) => busTime({ part, step, speed })))),
  ...parts.flatMap((part) => cpuOf(part)),
  ...timingProfileNames.flatMap((profile) => paced(profile)),
];

function countedOf(part: PartName): readonly ChipWorkload[] {
  const of = (step: Step): string => `${step}, ${part}`;
  return [
    { name: `${of('handshake')}: exchanges`, measure: (place) => exchanges(place, part) },
    ...steps.flatMap((step) => [
      {
        name: `${of(step)}: frame and channel bytes beside the TLS bytes`,
        measure: (place: ChipPlace) => overhead(place, { part, step }),
      },
      counted(`${of(step)}: all bytes on the bus beside the TLS bytes`, part, (counts) => [
        counts[step].bytes,
        tlsBytes(counts[step]),
      ]),
      counted(`${of(step)}: frames, beside one each way`, part, (counts) => [counts[step].frames, 2]),
      counted(`${of(step)}: polls, beside its exchanges`, part, (counts) => [
        counts[step].polls,
        counts[step].exchanges,
      ]),
    ]),
    counted(`rest of the connection, ${part}: exchanges, beside those of the handshake`, part, (counts) => [
      counts.rest.exchanges,
      counts.handshake.exchanges,
    ]),
  ];
}

type CountsOf = Awaited<ReturnType<ChipPlace['counts']>>;

function counted(
  name: string,
  part: PartName,
  figures: (counts: CountsOf) => readonly [ours: number, peer: number],
): ChipWorkload {
  return {
    name,
    measure: async (place) => {
      const [ours, peer] = figures(await place.counts(part, ANY_SPEED));
      const unit = /: (?:.* )?bytes/.test(name) ? 'bytes' : 'count';
      return { unit, ours: [ours], peer: [peer], target: reported };
    },
  };
}

/** Each term is in the target: the fixed one, and the frames that the TLS bytes fill in each direction. */
async function exchanges(place: ChipPlace, part: PartName): Promise<Figures> {
  const counts = await place.counts(part, ANY_SPEED);
  const { fixed, toPart, fromPart } = exchangeBudget(counts);
  const { networkToPart, networkFromPart } = counts.handshake;
  const terms = `${fixed} + ⌈${networkToPart} / ${counts.pieceMax}⌉ + ⌈${networkFromPart} / ${counts.pieceMax}⌉`;
  return {
    unit: 'count',
    ours: [counts.handshake.exchanges],
    peer: [fixed + toPart + fromPart],
    target: { atMost: 1, said: `≤ ${terms}` },
  };
}

async function overhead(place: ChipPlace, { part, step }: { part: PartName; step: Step }): Promise<Figures> {
  const counts = await place.counts(part, ANY_SPEED);
  return {
    unit: 'bytes',
    ours: [frameAndChannelBytes(counts[step], counts)],
    peer: [tlsBytes(counts[step])],
    target: step === 'handshake' ? { atMost: OVERHEAD_MAX } : reported,
  };
}

function tlsBytes({ networkToPart, networkFromPart }: Traffic): number {
  return networkToPart + networkFromPart;
}

interface OnBus {
  readonly part: PartName;
  readonly step: Step;
  readonly speed: string;
}

/** Beside the TLS bytes alone, as if a bus carried nothing else. */
function busTime({ part, step, speed }: OnBus): ChipWorkload {
  return {
    name: `${step}, ${part}, ${speed}: time on the bus`,
    measure: async (place) => {
      const { [step]: traffic } = await place.counts(part, speed);
      return { unit: 'ms', ours: [traffic.busNs / 1e6], peer: [bareBusMs(traffic, speed)], target: reported };
    },
  };
}

function cpuOf(part: PartName): readonly ChipWorkload[] {
  const host = (name: string, kind: HostTask['kind'], target: Target): readonly ChipWorkload[] =>
    [false, true].map((withoutWires) => ({
      name: `${name}, ${part}: CPU of the host${withoutWires ? ' without the sending of the virtual bus' : ''}`,
      measure: (place) => hostCpu(place, { part, kind, withoutWires, target }),
    }));
  return [
    { name: `handshake, ${part}: CPU of the part, profile none`, measure: (place) => partCpu(place, part) },
    { name: `publish, ${part}: CPU of the part`, measure: (place) => partCpuOfPublish(place, part) },
    ...host('handshake', 'handshakes', { atMost: HOST_CPU_MAX }),
    ...host('connection', 'connections', reported),
    ...host('publish', 'publishes', reported),
  ];
}

const HANDSHAKES = 100;
const PUBLISHES = 1000;

async function hostCpu(
  place: ChipPlace,
  { part, target, ...asked }: { part: PartName; target: Target } & Omit<HostTask, 'port' | 'count'>,
): Promise<Figures> {
  const count = scaled(asked.kind === 'publishes' ? PUBLISHES : HANDSHAKES, place.scale);
  const task = { ...asked, count, port: await place.port() };
  const [ours, peer] = [await place.host(part), await place.host('node-tls')];
  const figures = await alternate(place.rounds, { ours: () => ours.ask(task), peer: () => peer.ask(task) });
  return { unit: 'CPU ms', target, ...figures };
}

/** Of a whole connection: what the server sends after its handshake is on the part's account too. */
async function partCpu(place: ChipPlace, part: PartName): Promise<Figures> {
  const count = scaled(HANDSHAKES, place.scale);
  const ours = await cpuOfPart(place, { part, kind: 'connections', count });
  return { unit: 'CPU ms', ours, peer: [PART_CPU_MS_MAX], target: { atMost: 1 } };
}

/** Beside what the same costs a host with node:tls. */
async function partCpuOfPublish(place: ChipPlace, part: PartName): Promise<Figures> {
  const count = scaled(PUBLISHES, place.scale);
  const ours = await cpuOfPart(place, { part, kind: 'publishes', count });
  const peer = await place.host('node-tls');
  return {
    unit: 'CPU ms',
    ours,
    peer: [await peer.ask({ kind: 'publishes', port: await place.port(), count })],
    target: reported,
  };
}

async function cpuOfPart(
  place: ChipPlace,
  { part, kind, count }: { part: PartName; kind: HostTask['kind']; count: number },
): Promise<number[]> {
  const host = await place.host(part);
  const { pid } = await place.part(part);
  const port = await place.port();
  const figures: number[] = [];
  for (let round = 0; round < place.rounds; round++) {
    const before = processCpuMs(pid);
    await host.ask({ kind, port, count });
    figures.push((processCpuMs(pid) - before) / count);
  }
  return figures;
}

/**
 * From the dial to the end of the handshake with a part of this pace, the bus' own time added, beside its published
 * cryptography and the TLS bytes alone on that bus.
 */
function paced(profile: TimingProfile): readonly ChipWorkload[] {
  const elapsed = (kind: HandshakeKind, speed: string): ChipWorkload => ({
    name: `handshake, paired, ${speed}, profile ${profile}${kind === 'first' ? ', first since power on' : ''}: elapsed`,
    measure: async (place) => {
      const { handshake } = await place.counts('paired', speed);
      const ours = (await place.elapsedMs(profile))[kind].map((ms) => ms + handshake.busNs / 1e6);
      const peer = cryptographyMs(profile, kind) + bareBusMs(handshake, speed);
      return { unit: 'ms', ours, peer: [peer], target: reported };
    },
  });
  return [elapsed('first', ANY_SPEED), ...speeds.map((speed) => elapsed('later', speed))];
}
