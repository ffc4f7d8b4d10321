import type { Bench } from '../bench.ts';
import { ChipPlace } from '../chip/place.ts';
import { workloads } from '../chip/workloads.ts';

/**
 * A device whose TLS is in the secure IC: what crosses its bus, what the part costs, and what is left for the host, beside
 * node:tls with the key in the host. One server, one chain, TLS 1.3 with AES-128-GCM and X25519 for both; host, part and
 * server are processes of their own. The bus is the virtual one: its time is computed from every clock period of its
 * transactions, and its Unix socket is in the CPU of host and part, as a bus driver would be.
 */
export const bench: Bench = {
  title: 'a part on its bus (ours) beside its budgets, the bare TLS bytes, and node:tls in the host (peer)',
  async *run(options) {
    const place = new ChipPlace(options);
    try {
      for (const { name, measure } of workloads) {
        if (name.includes(options.only ?? '')) yield { workload: name, ...(await measure(place)) };
      }
    } finally {
      await place.end();
    }
  },
};
