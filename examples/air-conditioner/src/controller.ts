/**
 * The controller: from settings, room temperature and time to what the machine shall do. Pure; time is a parameter.
 *
 * A compressor must neither stop soon after a start (its oil has to come back) nor start soon after a stop (the
 * pressures have to even out). The thermostat therefore has hysteresis, a least running and a least resting time.
 * A person's word beats the least running time: *off*, or a mode that forbids the action, stops it at once. Nothing
 * beats the least resting time, and it also runs after power-up, since nobody knows how the compressor stopped.
 */
import type { Action, Airflow, Demand } from './machine.ts';
import { LOAD_MIN } from './machine.ts';
import type { Mode, Settings } from './settings.ts';

type Thermal = Extract<Action, 'cooling' | 'heating' | 'drying'>;

export interface ControllerState {
  /** What the compressor does; `idle` when it rests. */
  readonly compressor: Thermal | 'idle';
  /** Since when, in the same time as `nowMs`. */
  readonly sinceMs: number;
}

export interface Observation {
  readonly settings: Settings;
  /** °C. */
  readonly room: number;
  readonly nowMs: number;
}

/** The thermostat switches this many kelvin off the set point on either side. */
const HYSTERESIS_K = 0.4;
/** In `auto`, an idle machine waits for this distance before it chooses between heating and cooling. */
export const AUTO_BAND_K = 1;
/** Drying may cool the room this far below the set point. */
const DRYING_BELOW_K = 2;

export const LEAST_RUNNING_MS = 180_000;
export const LEAST_RESTING_MS = 180_000;

/** Kelvin from the set point at which the inverter runs at full capacity. */
const FULL_LOAD_K = 2;

/** After power-up: resting from now on. */
export function resting(nowMs: number): ControllerState {
  return { compressor: 'idle', sinceMs: nowMs };
}

export function decide(state: ControllerState, seen: Observation): { state: ControllerState; demand: Demand } {
  const next = nextCompressor(state, seen);
  const moved = next === state.compressor ? state : { compressor: next, sinceMs: seen.nowMs };
  return { state: moved, demand: demandOf(next, seen) };
}

function nextCompressor(state: ControllerState, seen: Observation): ControllerState['compressor'] {
  const { compressor } = state;
  const wanted = thermostat(compressor, seen);
  if (wanted === compressor) return compressor;
  const elapsedMs = seen.nowMs - state.sinceMs;
  if (compressor === 'idle') return elapsedMs < LEAST_RESTING_MS ? 'idle' : wanted;
  const mayStay = allowed[seen.settings.mode].includes(compressor);
  return mayStay && elapsedMs < LEAST_RUNNING_MS ? compressor : 'idle';
}

const allowed: Readonly<Record<Mode, readonly Thermal[]>> = {
  off: [],
  fan_only: [],
  auto: ['cooling', 'heating'],
  cool: ['cooling'],
  heat: ['heating'],
  dry: ['drying'],
};

/** What the temperature alone asks for. A change of direction always passes through `idle`, that is, through rest. */
function thermostat(compressor: ControllerState['compressor'], seen: Observation): ControllerState['compressor'] {
  const { mode } = seen.settings;
  if (compressor !== 'idle') {
    return allowed[mode].includes(compressor) && surplus(compressor, seen) > -HYSTERESIS_K ? compressor : 'idle';
  }
  const startAt = mode === 'auto' ? AUTO_BAND_K : HYSTERESIS_K;
  return allowed[mode].find((action) => surplus(action, seen) >= startAt) ?? 'idle';
}

/** Kelvin that are left for `action` to take away (or, heating, to add); negative once it has done too much. */
function surplus(action: Thermal, { room, settings }: Observation): number {
  switch (action) {
    case 'cooling':
      return room - settings.setPoint;
    case 'heating':
      return settings.setPoint - room;
    case 'drying':
      return room - (settings.setPoint - DRYING_BELOW_K);
  }
}

function demandOf(compressor: ControllerState['compressor'], seen: Observation): Demand {
  const { mode, fan } = seen.settings;
  if (compressor === 'idle') {
    if (mode === 'off') return { action: 'idle', load: 0, airflow: 'low' };
    // The fan goes on, so that the sensor feels the room and not its own housing.
    const still: Airflow = mode === 'fan_only' ? 'medium' : 'low';
    return { action: 'fan', load: 0, airflow: fan === 'auto' ? still : fan };
  }
  const load = clampLoad((surplus(compressor, seen) + HYSTERESIS_K) / FULL_LOAD_K);
  return { action: compressor, load, airflow: fan === 'auto' ? airflowFor(compressor, load) : fan };
}

function clampLoad(load: number): number {
  return Math.min(1, Math.max(LOAD_MIN, load));
}

function airflowFor(compressor: Thermal, load: number): Airflow {
  if (compressor === 'drying' || load < 0.4) return 'low';
  return load < 0.75 ? 'medium' : 'high';
}
