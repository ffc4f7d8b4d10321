/** The scenario of `up --once`: an operator changes the set point, and the device reports the new one back. */
import { KeystileError } from '@keystile/errors';
import type { MqttClient } from 'mqtt';
import { z } from 'zod';

export interface SetPointChange {
  /** °C. */
  readonly requested: number;
  readonly reported: number;
  /** From the request until the report arrived here. */
  readonly ms: number;
}

/** From here to the device and back it is milliseconds; on a very busy machine, seconds. */
const REPORT_MS = 20_000;
const stateSchema = z.looseObject({ setPoint: z.number() });

/** Rejects with KS-U121 when the device does not report, and with its own code when it refuses. */
export async function changeSetPoint(client: MqttClient, deviceId: string): Promise<SetPointChange> {
  const states = new StateReader(client, deviceId);
  await client.subscribeAsync([states.topic, states.refused], { qos: 1 });
  const { setPoint } = await states.next(() => true, 'its state');
  // Half a degree away, within 16 to 30, and therefore never what it is already.
  const requested = setPoint >= 29 ? setPoint - 0.5 : setPoint + 0.5;
  const startedMs = performance.now();
  const report = states.next((state) => state.setPoint === requested, `the set point ${requested}`);
  await client.publishAsync(`ac/${deviceId}/set/set-point`, String(requested), { qos: 1 });
  const { setPoint: reported } = await report;
  return { requested, reported, ms: Math.round((performance.now() - startedMs) * 10) / 10 };
}

type State = z.infer<typeof stateSchema>;

class StateReader {
  readonly topic: string;
  readonly refused: string;
  readonly #client: MqttClient;
  #last: State | undefined;

  constructor(client: MqttClient, deviceId: string) {
    this.#client = client;
    this.topic = `ac/${deviceId}/state`;
    this.refused = `ac/${deviceId}/refused`;
    client.on('message', (topic, payload) => {
      if (topic === this.topic) this.#last = parseState(payload);
    });
  }

  /** The first state, from the last one on, that fits. */
  next(fits: (state: State) => boolean, awaited: string): Promise<State> {
    if (this.#last !== undefined && fits(this.#last)) return Promise.resolve(this.#last);
    const { promise, resolve, reject } = Promise.withResolvers<State>();
    const timer = setTimeout(() => {
      reject(new KeystileError('KS-U121', `the device did not report ${awaited} within ${REPORT_MS / 1000} s`));
    }, REPORT_MS);
    const look = (topic: string, payload: Buffer): void => {
      if (topic === this.refused) reject(new KeystileError('KS-U121', `the device refused: ${payload.toString()}`));
      const state = topic === this.topic ? parseState(payload) : undefined;
      if (state !== undefined && fits(state)) resolve(state);
    };
    const closed = (): void => reject(new KeystileError('KS-U123', 'the broker closed the connection'));
    this.#client.on('message', look).once('close', closed);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#client.off('message', look).off('close', closed);
    });
  }
}

function parseState(payload: Buffer): State | undefined {
  try {
    return stateSchema.parse(JSON.parse(payload.toString('utf8')));
  } catch {
    return undefined;
  }
}
