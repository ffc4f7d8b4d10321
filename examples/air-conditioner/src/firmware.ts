/**
 * The firmware: a part that has booted, a connection to the broker, and the air conditioner in its room, on one beat.
 *
 * It publishes the state when it changed (once a second at most) and every ten seconds anyway, obeys the set topics,
 * and tells what happens as events. Keys, certificates and the decision whom to trust are in the part.
 */
import {
  type DeviceStream,
  evidenceAnswers,
  evidenceProperties,
  type Part,
  refreshTime,
  stream,
} from '@keystile/device';
import { commands } from '@keystile/link';
import type { IPublishPacket } from 'mqtt';
import { AirConditioner } from './air-conditioner.ts';
import { BrokerConnection } from './broker-connection.ts';
import type { Configuration } from './configuration.ts';
import { type Emit, errorEvent } from './events.ts';
import { applySet } from './set-command.ts';
import { parseSetPoint } from './settings.ts';
import { type StateDocument, sameReading, stateDocument } from './state-document.ts';
import { TimeService } from './time-service.ts';
import { settingOf, type Topics, topicsOf } from './topics.ts';

export interface FirmwareOptions {
  readonly part: Part;
  readonly serial: string;
  readonly configuration: Configuration;
  readonly port: number;
  readonly timeScale: number;
  readonly emit: Emit;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
}

const BEAT_MS = 1000;
/** A state that does not change is repeated, so that a reader can tell a quiet unit from a dead one. */
const REPEAT_MS = 10_000;
/** Between time tokens while the connection lasts. */
const TIME_REFRESH_MS = 12 * 3_600_000;
/** A warm room on a summer's day, before anybody switched the unit on. */
const ROOM_AT_START = { air: 27.5, walls: 27 };

export class Firmware {
  readonly #options: FirmwareOptions;
  readonly #topics: Topics;
  readonly #unit: AirConditioner;
  readonly #time: TimeService;
  readonly #connection: BrokerConnection<DeviceStream>;
  readonly #timers: NodeJS.Timeout[];
  #published: StateDocument | undefined;
  #committed = false;

  constructor(options: FirmwareOptions) {
    const { configuration, part, port, timeScale } = options;
    this.#options = options;
    this.#topics = topicsOf(configuration.id);
    this.#unit = new AirConditioner({
      nowMs: options.now(),
      seed: configuration.seed,
      timeScale,
      settings: {
        setPoint: parseSetPoint(String(configuration.startsWith.setPoint)),
        mode: configuration.startsWith.mode,
        fan: 'auto',
        swing: 'off',
      },
      room: ROOM_AT_START,
    });
    this.#time = new TimeService({
      serial: options.serial,
      publish: (payload) => this.#connection.publish(this.#topics.timeRequest, payload, false),
    });
    this.#connection = new BrokerConnection({
      clientId: configuration.id,
      topics: this.#topics,
      dial: () =>
        stream({
          part,
          policy: configuration.policy,
          host: configuration.server,
          port,
          serverName: configuration.server,
        }),
      authentication: { properties: evidenceProperties, answers: evidenceAnswers },
      random: options.random,
      onConnected: (connected) => void this.#connected(connected).catch((error: unknown) => this.#report(error)),
      onMessage: (topic, packet) => this.#message(topic, packet),
      onDown: (why, retryMs) => this.#down(why, retryMs),
    });
    this.#timers = [
      setInterval(() => this.#beat(), BEAT_MS),
      setInterval(() => void this.#refreshTime().catch((error: unknown) => this.#report(error)), TIME_REFRESH_MS),
    ];
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#connection.stop();
  }

  async #connected(connected: DeviceStream): Promise<void> {
    const { emit, part } = this.#options;
    emit({ event: 'connected', handshake: await connected.session() });
    this.#publishState();
    if (!this.#committed) {
      // The new firmware has proved itself: from here on the part refuses older ones.
      const minima = await part.call(commands.bootCommit, {});
      this.#committed = true;
      emit({ event: 'committed', ...minima });
    }
    await this.#refreshTime();
  }

  async #refreshTime(): Promise<void> {
    if (!this.#connection.connected) return;
    const { nowMs } = await refreshTime(this.#options.part, { request: (nonce) => this.#time.request(nonce) });
    this.#options.emit({ event: 'time', now: new Date(nowMs).toISOString() });
  }

  #message(topic: string, packet: IPublishPacket): void {
    const payload = Buffer.from(packet.payload);
    if (topic === this.#topics.time) {
      this.#time.answered(payload);
      return;
    }
    const setting = settingOf(this.#options.configuration.id, topic);
    if (setting !== undefined) this.#set(topic, setting, payload);
  }

  #set(topic: string, setting: string, payload: Uint8Array): void {
    const outcome = applySet(this.#unit.settings, { topic, setting, payload });
    switch (outcome.kind) {
      case 'accepted':
        this.#unit.apply(outcome.settings);
        this.#options.emit({ event: 'set', setting, value: outcome.value });
        this.#unit.advance(this.#options.now());
        this.#publishState();
        return;
      case 'refused': {
        const { refusal } = outcome;
        this.#options.emit({ event: 'refused', topic, code: refusal.code, detail: refusal.detail });
        this.#connection.publish(this.#topics.refused, JSON.stringify(refusal), false);
        return;
      }
    }
  }

  #beat(): void {
    this.#unit.advance(this.#options.now());
    const state = this.#state();
    const last = this.#published;
    const due = last === undefined || !sameReading(last, state) || state.at - last.at >= REPEAT_MS;
    if (due && this.#connection.connected) this.#publishState();
  }

  #publishState(): void {
    const state = this.#state();
    this.#published = state;
    this.#connection.publish(this.#topics.state, JSON.stringify(state), true);
  }

  #state(): StateDocument {
    const { now, timeScale } = this.#options;
    return stateDocument(this.#unit.snapshot(), { nowMs: now(), timeScale });
  }

  #down(why: unknown, retryMs: number): void {
    if (why !== undefined) this.#report(why);
    this.#options.emit({ event: 'disconnected', retryMs });
  }

  #report(error: unknown): void {
    this.#options.emit(errorEvent(error));
  }
}
