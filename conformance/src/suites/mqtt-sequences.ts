import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TestFleet } from '../../../packages/broker/test/support/test-fleet.ts';
import { type Sequence, sequences } from '../../../packages/mqtt/test/support/sequences.ts';
import { startListeners } from '../mqtt-sequences/broker.ts';
import { play } from '../mqtt-sequences/play.ts';
import { type Transport, transports } from '../mqtt-sequences/transport.ts';
import { type CaseResult, type Suite, type SuiteOptions, sampled } from '../suite.ts';

/**
 * Public packet sequences against the running broker, over TCP, TLS and WebSocket: what it answers, byte by byte, and
 * whether it closes. The listeners are ordinary configuration; nothing in the broker knows of the suite.
 */
export const suite: Suite = {
  title: "MQTT packet sequences of Eclipse Mosquitto's tests, over TCP, TLS and WebSocket",
  run,
};

async function* run({ vectors, stride }: SuiteOptions): AsyncGenerator<CaseResult> {
  const folder = join(vectors, 'mqtt-sequences');
  if (!existsSync(folder)) {
    yield { outcome: 'skipped', case: 'sequences', reason: `${folder} is not there (KEYSTILE_VECTORS)` };
    return;
  }
  const fleet = await TestFleet.make();
  const cases = sampled(namedCases(folder), stride);
  for (const group of Map.groupBy(cases, ({ sequence }) => sequence.group).values()) {
    // What one group retains is not there for the next.
    const listeners = await startListeners(fleet);
    try {
      for (const { name, sequence, transport } of group) {
        const flaw = await play(sequence, transport, listeners);
        yield flaw === undefined ? { outcome: 'passed', case: name } : { outcome: 'failed', case: name, reason: flaw };
      }
    } finally {
      await listeners.close();
    }
  }
}

interface Case {
  readonly name: string;
  readonly sequence: Sequence;
  readonly transport: Transport;
}

/** Some sequences share a name; the later ones are counted. */
function namedCases(folder: string): readonly Case[] {
  const seen = new Map<string, number>();
  return sequences(folder).flatMap((sequence) => {
    const count = (seen.get(sequence.name) ?? 0) + 1;
    seen.set(sequence.name, count);
    const name = count === 1 ? sequence.name : `${sequence.name} (${count})`;
    return transports.map((transport) => ({ name: `${transport} ${name}`, sequence, transport }));
  });
}
