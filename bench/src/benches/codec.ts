import { type Bench, type BenchOptions, scaled } from '../bench.ts';
import { mix } from '../codec/mix.ts';
import type { CodecTask } from '../codec/side.ts';
import { alternate, type Comparison } from '../comparison.ts';
import { Contender } from '../contender.ts';

/**
 * Our codec beside mqtt-packet, which MQTT.js and Aedes use: version 5, with full validation on our side and what the peer
 * validates on its own. Decoding is from chunks of about 64 packets, encoding one packet at a time.
 */
export const bench: Bench = {
  title: 'packages/mqtt (ours) and mqtt-packet (peer), packets per CPU time',
  async *run(options) {
    const sides = await Promise.all([start('ours'), start('peer')]);
    try {
      for (const workload of workloads().filter(({ name }) => name.includes(options.only ?? ''))) {
        yield await measure(workload, sides, options);
      }
    } finally {
      await Promise.all(sides.map((side) => side.stop()));
    }
  },
};

interface Workload {
  readonly name: string;
  readonly task: Omit<CodecTask, 'count'>;
}

function workloads(): readonly Workload[] {
  return (['decode', 'encode'] as const).flatMap((operation) => [
    { name: `${operation} the mix`, task: { operation, sample: undefined } },
    ...mix.map(({ name }) => ({ name: `${operation} ${name}`, task: { operation, sample: name } })),
  ]);
}

const COUNT = 400_000;
const WARM_UPS = 3;

function start(side: string): Promise<Contender<CodecTask>> {
  return Contender.start(new URL('../codec/side.ts', import.meta.url), side);
}

async function measure(
  { name, task }: Workload,
  [ours, peer]: readonly [Contender<CodecTask>, Contender<CodecTask>],
  { rounds, scale }: BenchOptions,
): Promise<Comparison> {
  const ask = { ...task, count: scaled(COUNT, scale) };
  for (let i = 0; i < WARM_UPS; i++) for (const side of [ours, peer]) await side.ask(ask);
  const figures = await alternate(rounds, { ours: () => ours.ask(ask), peer: () => peer.ask(ask) });
  return { workload: name, unit: 'packets per CPU ms', target: { atLeast: 4 }, ...figures };
}
