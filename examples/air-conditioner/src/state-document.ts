/** The retained JSON document on `ac/<id>/state`: what the room and the machine are like, and what was asked of them. */
import type { Snapshot } from './air-conditioner.ts';
import type { Action } from './machine.ts';
import type { FanSpeed, Mode, Swing } from './settings.ts';

export interface StateDocument {
  /** Room, in °C to a tenth. */
  readonly temperature: number;
  /** °C. */
  readonly setPoint: number;
  readonly mode: Mode;
  readonly fan: FanSpeed;
  readonly swing: Swing;
  /** What the machine does at the moment. */
  readonly action: Action;
  /** Electric power in whole watts. */
  readonly powerW: number;
  /** Outdoors, in °C to a tenth. */
  readonly outdoor: number;
  /** Milliseconds since 1970, UTC, by the device's own clock. */
  readonly at: number;
  /** The room's clock, which runs `timeScale` times as fast. */
  readonly roomTime: number;
  readonly timeScale: number;
}

export function stateDocument(snapshot: Snapshot, clock: { nowMs: number; timeScale: number }): StateDocument {
  const { settings } = snapshot;
  return {
    temperature: tenth(snapshot.temperature),
    setPoint: settings.setPoint,
    mode: settings.mode,
    fan: settings.fan,
    swing: settings.swing,
    action: snapshot.action,
    powerW: Math.round(snapshot.powerW),
    outdoor: tenth(snapshot.outdoor),
    at: clock.nowMs,
    roomTime: Math.round(snapshot.roomTimeMs),
    timeScale: clock.timeScale,
  };
}

/** Whether a reader would see a difference: the two clocks alone are none. */
export function sameReading(a: StateDocument, b: StateDocument): boolean {
  return JSON.stringify({ ...a, at: 0, roomTime: 0 }) === JSON.stringify({ ...b, at: 0, roomTime: 0 });
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
