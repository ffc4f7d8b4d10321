import { type Bench, type BenchOptions, scaled } from '../bench.ts';
import { alternate, type Comparison, type Target } from '../comparison.ts';
import { Contender } from '../contender.ts';
import type { ClientTask } from '../tls/client.ts';
import { makeCredentials } from '../tls/credentials.ts';

/**
 * Our TLS client beside node:tls as the client, against one and the same node:tls server: TLS 1.3, mutual, AES-128-GCM,
 * P-256 certificates under an issuing CA. Each client is a process of its own; throughput is per CPU time of the client,
 * since on one machine the server's work would hide it.
 */
export const bench: Bench = {
  title: 'packages/tls (ours) and node:tls (peer) as the client of one node:tls server',
  async *run(options) {
    const credentials = JSON.stringify(await makeCredentials(Date.now()));
    const server = await Contender.start(new URL('../tls/server.ts', import.meta.url), credentials);
    try {
      for (const workload of workloads.filter(({ name }) => name.includes(options.only ?? '')))
        yield await measure(workload, { ...options, credentials, port: server.ready });
    } finally {
      await server.stop();
    }
  },
};

interface Workload {
  readonly name: string;
  readonly unit: string;
  readonly target: Target;
  /** Without the port; `scale` is for its counts. */
  readonly task: (scale: number) => ClientTaskWithoutPort;
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

const workloads: readonly Workload[] = [
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

/** Of the size of one measurement; our side, which is more JavaScript, takes longer to settle. */
const WARM_UPS = 8;

interface Place extends BenchOptions {
  readonly credentials: string;
  readonly port: number;
}

async function measure(workload: Workload, { credentials, port, rounds, scale }: Place): Promise<Comparison> {
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
