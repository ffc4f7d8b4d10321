import { X509Certificate } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { TlsMaterial } from '../listeners/tls-options.ts';
import type { ProcessFacts } from './metrics.ts';

/** How late the event loop was, since it was last asked. */
export class LoopDelays {
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay> = monitorEventLoopDelay({ resolution: 20 });

  constructor() {
    this.#histogram.enable();
  }

  read(): Readonly<Record<string, number>> {
    const seconds = (nanoseconds: number): number => nanoseconds / 1e9;
    const { max } = this.#histogram;
    const delays = {
      '0.5': seconds(this.#histogram.percentile(50)),
      '0.99': seconds(this.#histogram.percentile(99)),
      '1': seconds(max),
    };
    this.#histogram.reset();
    return delays;
  }

  close(): void {
    this.#histogram.disable();
  }
}

export function processFacts(): ProcessFacts {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    startedAtSeconds: performance.timeOrigin / 1000,
  };
}

/** When the certificate of a listener expires. */
export function endOf({ options }: TlsMaterial): number {
  return Date.parse(new X509Certificate(String(options.cert)).validTo);
}
