import type { TimingProfile } from '@keystile/chip/node';
import { type BenchOptions, scaled } from '../bench.ts';
import { Contender } from '../contender.ts';
import { type Counts, countTraffic } from './counts.ts';
import { BenchField } from './field.ts';
import type { Host, HostTask } from './host.ts';
import type { PartInField } from './part-in-field.ts';
import type { HandshakeKind } from './profiles.ts';

export type PartName = 'paired' | 'unpaired';

/** What the workloads share. Everything is started when the first one asks for it. */
export class ChipPlace {
  readonly rounds: number;
  readonly scale: number;
  readonly #made = new Map<string, Promise<unknown>>();
  readonly #hosts: Contender<HostTask>[] = [];

  constructor({ rounds, scale }: BenchOptions) {
    this.rounds = rounds;
    this.scale = scale;
  }

  part(name: PartName): Promise<PartInField> {
    return this.#once(name, async () => (await this.#field()).part(name === 'paired'));
  }

  /** Of one connection over the bus at this speed. */
  counts(name: PartName, speed: string): Promise<Counts> {
    return this.#once(`${name} ${speed}`, async () => {
      const part = await this.part(name);
      const bus = await part.openBus(speed);
      try {
        return await countTraffic({ bus, port: await this.port(), pairing: part.pairing });
      } finally {
        bus.close();
      }
    });
  }

  async port(): Promise<number> {
    return (await this.#server()).ready;
  }

  /** A host in a process of its own, warmed up: what it does next is what a program does that has run for a while. */
  host(name: PartName | 'node-tls'): Promise<Contender<HostTask>> {
    return this.#once(`host ${name}`, async () => {
      const host = JSON.stringify(await this.#describe(name));
      const contender = await Contender.start<HostTask>(new URL('host.ts', import.meta.url), host);
      this.#hosts.push(contender);
      for (let i = 0; i < scaled(WARM_UPS, this.scale); i++) {
        await contender.ask({ kind: 'handshakes', port: await this.port(), count: scaled(100, this.scale) });
        await contender.ask({ kind: 'publishes', port: await this.port(), count: scaled(500, this.scale) });
      }
      return contender;
    });
  }

  /** Handshakes of a part at this pace over a bus that takes no time, in milliseconds each. */
  elapsedMs(profile: TimingProfile): Promise<Record<HandshakeKind, readonly number[]>> {
    return this.#once(`elapsed ${profile}`, async () => {
      const part = await this.#once('paced', async () => (await this.#field()).part(true));
      await part.restart(profile);
      const bus = await part.openBus(ANY_SPEED);
      const figures = { first: [] as number[], later: [] as number[] };
      for (let i = 0; i <= Math.min(this.rounds, PACED_MAX); i++) {
        const counts = await countTraffic({ bus, port: await this.port(), pairing: part.pairing });
        figures[i === 0 ? 'first' : 'later'].push(counts.handshakeMs);
      }
      bus.close();
      return figures;
    });
  }

  /** What was started, last first: a host lets go of its part before that goes. */
  async end(): Promise<void> {
    for (const host of this.#hosts) await host.stop();
    if (this.#made.has('server')) await (await this.#server()).stop();
    if (this.#made.has('field')) await (await this.#field()).end();
  }

  async #describe(name: PartName | 'node-tls'): Promise<Host> {
    if (name === 'node-tls') return { kind: name, credentials: (await this.#field()).credentials };
    return { kind: 'part', address: (await this.part(name)).address };
  }

  #field(): Promise<BenchField> {
    return this.#once('field', () => BenchField.create());
  }

  #server(): Promise<Contender<never>> {
    return this.#once('server', async () => {
      const credentials = JSON.stringify((await this.#field()).credentials);
      return Contender.start<never>(new URL('../tls/server.ts', import.meta.url), credentials);
    });
  }

  #once<T>(name: string, make: () => Promise<T>): Promise<T> {
    const made = (this.#made.get(name) as Promise<T> | undefined) ?? make();
    this.#made.set(name, made);
    return made;
  }
}

const ANY_SPEED = 'spi:10MHz';
/** A slow part takes more than a second for each. */
const PACED_MAX = 3;
/** Of a hundred handshakes and five hundred publishes: a part's code is JavaScript that takes long to settle. */
const WARM_UPS = 8;
