/**
 * The room as two heat capacities joined by conductances: the quick one is the air with the furniture, the slow one
 * the walls.
 *
 *   outdoor ──[window, leaks]── air ──[surfaces]── walls ──[outer wall]── outdoor
 *                                │
 *                       gains and the machine
 *
 * Pure: a step takes a state and gives the next one. Humidity is not part of the model.
 */

export interface Room {
  /** °C. */
  readonly air: number;
  readonly walls: number;
}

export interface Surroundings {
  /** °C. */
  readonly outdoor: number;
  readonly gainsW: number;
  /** Heat that the machine puts into the air; negative when it cools. */
  readonly machineW: number;
}

/** A furnished living room of 20 m²; joules per kelvin. */
export const AIR_CAPACITY = 400_000;
export const WALL_CAPACITY = 6_000_000;

/** Watts per kelvin. */
const AIR_TO_WALLS = 220;
const WALLS_TO_OUTDOOR = 45;
const AIR_TO_OUTDOOR = 28;

/** The longest step in seconds for which the explicit integration stays accurate: the quick time constant is 1,600 s. */
export const STEP_MAX_S = 10;

/** Heat flows out of the room in watts; what the energy balance of {@link stepRoom} counts as lost. */
export function lossesW(room: Room, outdoor: number): number {
  return AIR_TO_OUTDOOR * (room.air - outdoor) + WALLS_TO_OUTDOOR * (room.walls - outdoor);
}

/** The room `seconds` later (at most {@link STEP_MAX_S}), with everything around it held constant. */
export function stepRoom(room: Room, around: Surroundings, seconds: number): Room {
  const intoWallsW = AIR_TO_WALLS * (room.air - room.walls);
  const airW = around.gainsW + around.machineW - intoWallsW - AIR_TO_OUTDOOR * (room.air - around.outdoor);
  const wallsW = intoWallsW - WALLS_TO_OUTDOOR * (room.walls - around.outdoor);
  return {
    air: room.air + (airW * seconds) / AIR_CAPACITY,
    walls: room.walls + (wallsW * seconds) / WALL_CAPACITY,
  };
}
