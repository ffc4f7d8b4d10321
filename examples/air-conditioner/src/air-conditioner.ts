/**
 * The air conditioner in its room: room, weather, machine and controller advanced together on a clock of their own.
 *
 * Room time runs `timeScale` times as fast as the clock that drives it. Deterministic: the same start, seed, settings
 * and instants give the same temperatures. It does no I/O and reads no clock; whoever owns it calls `advance`.
 */
import { type ControllerState, decide, resting } from './controller.ts';
import { type Action, operate } from './machine.ts';
import { type Room, STEP_MAX_S, stepRoom } from './room.ts';
import type { Settings } from './settings.ts';
import { weatherAt } from './weather.ts';

export interface Start {
  /** Milliseconds since 1970: the driving clock now, which is also where room time begins. */
  readonly nowMs: number;
  /** Of the weather. */
  readonly seed: number;
  /** Seconds in the room for each second of the driving clock. */
  readonly timeScale: number;
  readonly settings: Settings;
  readonly room: Room;
}

export interface Snapshot {
  readonly settings: Settings;
  /** °C, unrounded. */
  readonly temperature: number;
  readonly outdoor: number;
  readonly powerW: number;
  readonly action: Action;
  /** Milliseconds since 1970 on the room's own clock. */
  readonly roomTimeMs: number;
}

/**
 * Room time that one `advance` makes up for at most: after a suspended laptop wakes, a day of the room is enough to
 * forget what was before, and more would only stall the program.
 */
const CATCH_UP_MAX_MS = 24 * 3_600_000;

export class AirConditioner {
  #settings: Settings;
  #room: Room;
  #controller: ControllerState;
  #roomTimeMs: number;
  #drivenToMs: number;
  readonly #seed: number;
  readonly #timeScale: number;

  constructor(start: Start) {
    this.#settings = start.settings;
    this.#room = start.room;
    this.#controller = resting(start.nowMs);
    this.#roomTimeMs = start.nowMs;
    this.#drivenToMs = start.nowMs;
    this.#seed = start.seed;
    this.#timeScale = start.timeScale;
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Takes effect with the next step. */
  apply(settings: Settings): void {
    this.#settings = settings;
  }

  /** Runs the room up to `nowMs` of the driving clock; a clock that went back changes nothing. */
  advance(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#drivenToMs) * this.#timeScale;
    this.#drivenToMs = Math.max(nowMs, this.#drivenToMs);
    let remainingMs = Math.min(elapsedMs, CATCH_UP_MAX_MS);
    while (remainingMs > 0) {
      const stepMs = Math.min(remainingMs, STEP_MAX_S * 1000);
      this.#step(stepMs);
      remainingMs -= stepMs;
    }
  }

  snapshot(): Snapshot {
    const weather = weatherAt(this.#roomTimeMs, this.#seed);
    const { demand } = decide(this.#controller, this.#observation());
    return {
      settings: this.#settings,
      temperature: this.#room.air,
      outdoor: weather.outdoor,
      powerW: operate(demand, this.#room.air, weather.outdoor).electricW,
      action: demand.action,
      roomTimeMs: this.#roomTimeMs,
    };
  }

  #step(stepMs: number): void {
    const weather = weatherAt(this.#roomTimeMs, this.#seed);
    const { state, demand } = decide(this.#controller, this.#observation());
    const { thermalW } = operate(demand, this.#room.air, weather.outdoor);
    const around = { outdoor: weather.outdoor, gainsW: weather.gainsW, machineW: thermalW };
    this.#room = stepRoom(this.#room, around, stepMs / 1000);
    this.#controller = state;
    this.#roomTimeMs += stepMs;
  }

  #observation(): { settings: Settings; room: number; nowMs: number } {
    return { settings: this.#settings, room: this.#room.air, nowMs: this.#roomTimeMs };
  }
}
