import { type Bench, type BenchOptions, scaled } from '../bench.ts';
import { alternate, type Comparison, type Target } from '../comparison.ts';
import { Contender } from '../contender.ts';
import type { ClientTask } from '../tls/client.ts';
import { makeCredentials } from '../tls/credentials.ts';
import type { PrimitivesTask } from '../tls/primitives.ts';

/**
 * Our TLS client beside node:tls as the client, against one and the same node:tls server: TLS 1.3, mutual, AES-128-GCM,
 * P-256 certificates under an issuing CA. Each client is a process of its own; throughput is per CPU time of the client,
 * since on one machine the server's work would hide it. Rows of primitives alone have, in place of our client, the bare
 * calls that it cannot do without: a target that they miss is out of reach.
 */
export const bench: Bench = {
  title: 'packages/tls (ours) and node:tls (peer) as the client of one node:tls server',
  async *run(options) {
    const credentials = JSON.stringify(await makeCredentials(Date.now()));
    const server = await Contender.start(new URL('../tls/server.ts', import.meta.url), credentials);
    const echo = await Contender.start(new URL('../tls/echo.ts', import.meta.url));
    try {
      for (const workload of workloads.filter(({ name }) => name.includes(options.only ?? '')))
        yield await measure(workload, { ...options, credentials, port: server.ready, echoPort: echo.ready });
    } finally {
      await Promise.all([server.stop(), echo.stop()]);
    }
  },
};

interface Workload {
  readonly name: string;
  readonly unit: string;
  readonly target: Target;
  /** Without the port; `scale` is for its counts. */
  readonly task: (scale: number) => ClientTaskWithoutPort;
  /** What takes the place of our client. */
  readonly primitives?: { readonly kind: PrimitivesTask['kind']; readonly count: number };
  /** Whether every round has a new process: memory is not given back, so a second measurement would be of less. */
  readonly afresh?: true;
}

type ClientTaskWithoutPort = ClientTask extends infer Task
  ? Task extends unknown
    ? Omit<Task, 'port'>
    : never
  : never;

const handshake = { unit: 'CPU ms', target: { atMost: 1 } } as const;
const perCpu = 'per CPU ms';

const measured: readonly Workload[] = [
  ...(['X25519', 'P-256'] as const).flatMap((group) =>
    [false, true].map((resume) => ({
      ...handshake,
      name: `${resume ? 'resumed' : 'full mutual'} handshake, ${group}`,
      task: (scale: number) => ({ kind: 'handshakes' as const, group, resume, count: scaled(150, scale) }),
    })),
  ),
  {
    name: 'receive 16 KiB records',
    unit: perCpu,
    target: { atLeast: 0.6 },
    task: (scale) => ({ kind: 'receive', piece: 16_384, bytes: scaled(6000, scale) * 16_384 }),
  },
  {
    name: 'send 16 KiB records',
    unit: perCpu,
    target: { atLeast: 0.6 },
    task: (scale) => ({ kind: 'send', pace: 'streamed', piece: 16_384, bytes: scaled(6000, scale) * 16_384 }),
  },
  {
    name: 'receive 100-byte messages, each a record',
    unit: perCpu,
    target: { atLeast: 1 },
    task: (scale) => ({ kind: 'receive', piece: 100, bytes: scaled(20_000, scale) * 100 }),
  },
  {
    name: 'send 100-byte messages, one a turn',
    unit: perCpu,
    target: { atLeast: 1 },
    task: (scale) => ({ kind: 'send', pace: 'turn', piece: 100, bytes: scaled(20_000, scale) * 100 }),
  },
  {
    name: 'send 100-byte messages, streamed',
    unit: perCpu,
    target: { atLeast: 1 },
    task: (scale) => ({ kind: 'send', pace: 'streamed', piece: 100, bytes: scaled(200_000, scale) * 100 }),
  },
  {
    name: 'idle connection, resident after collection',
    unit: 'KiB',
    target: { atMost: 1 },
    task: (scale) => ({ kind: 'idle', before: scaled(500, scale), count: scaled(1000, scale) }),
    afresh: true,
  },
];

/** The same workload again, with primitives alone in place of our client. */
function ofPrimitives(name: string, kind: PrimitivesTask['kind'], count: number): Workload {
  const workload = measured.find((each) => each.name === name);
  if (workload === undefined) throw new Error(`there is no workload "${name}"`);
  return { ...workload, name: `${name}: primitives alone`, primitives: { kind, count } };
}

const workloads: readonly Workload[] = [
  ...measured,
  ofPrimitives('resumed handshake, X25519', 'resumed handshake', 150),
  ofPrimitives('receive 100-byte messages, each a record', 'receive', 20_000),
  ofPrimitives('send 100-byte messages, one a turn', 'send by turn', 20_000),
];

/** Of the size of one measurement; our side, which is more JavaScript, takes longer to settle. */
const WARM_UPS = 8;

interface Place extends BenchOptions {
  readonly credentials: string;
  readonly port: number;
  readonly echoPort: number;
}

async function measure(workload: Workload, place: Place): Promise<Comparison> {
  if (workload.primitives !== undefined) return measurePrimitives(workload, workload.primitives, place);
  const { credentials, port, rounds, scale } = place;
  const { name, unit, target, afresh } = workload;
  const task = { ...workload.task(scale), port } as ClientTask;
  const start = (side: string): Promise<Contender<ClientTask>> =>
    Contender.start(new URL('../tls/client.ts', import.meta.url), side, credentials);
  const once = async (side: string): Promise<number> => {
    const client = await start(side);
    return client.ask(task).finally(() => client.stop());
  };
  if (afresh) {
    const figures = await alternate(rounds, { ours: () => once('ours'), peer: () => once('peer') });
    return { workload: name, unit, target, ...figures };
  }
  const [ours, peer] = await Promise.all([start('ours'), start('peer')]);
  try {
    // Until the compiler has done what it will: figures are of programs that run for a while.
    for (let i = 0; i < scaled(WARM_UPS, scale); i++) for (const client of [ours, peer]) await client.ask(task);
    const figures = await alternate(rounds, { ours: () => ours.ask(task), peer: () => peer.ask(task) });
    return { workload: name, unit, target, ...figures };
  } finally {
    await Promise.all([ours.stop(), peer.stop()]);
  }
}

async function measurePrimitives(
  { name, unit, target, task }: Workload,
  { kind, count }: NonNullable<Workload['primitives']>,
  { credentials, port, echoPort, rounds, scale }: Place,
): Promise<Comparison> {
  const [ours, peer] = await Promise.all([
    Contender.start<PrimitivesTask>(new URL('../tls/primitives.ts', import.meta.url)),
    Contender.start<ClientTask>(new URL('../tls/client.ts', import.meta.url), 'peer', credentials),
  ]);
  const sides = {
    ours: () => ours.ask({ kind, port: echoPort, count: scaled(count, scale) }),
    peer: () => peer.ask({ ...task(scale), port } as ClientTask),
  };
  try {
    await alternate(scaled(WARM_UPS, scale), sides);
    const figures = await alternate(rounds, sides);
    return { workload: name, unit, target, ...figures };
  } finally {
    await Promise.all([ours.stop(), peer.stop()]);
  }
}
