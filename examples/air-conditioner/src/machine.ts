/**
 * The machine: an inverter-driven heat pump of 3.5 kW with a fan. From what the controller demands and the two
 * temperatures it works between follow the heat it moves and the power it draws.
 *
 * Its efficiency is a fixed share of Carnot's limit between the temperatures of its two heat exchangers, so that a hot
 * day or a low set point costs what it should. Start-up transients and defrosting are not modelled.
 */

export type Action = 'idle' | 'fan' | 'cooling' | 'heating' | 'drying';
export type Airflow = 'low' | 'medium' | 'high';

export interface Demand {
  readonly action: Action;
  /** Share of the compressor's capacity, from {@link LOAD_MIN} to 1; without meaning when no compressor runs. */
  readonly load: number;
  readonly airflow: Airflow;
}

export interface Operation {
  /** Heat into the room's air in watts; negative when it cools. */
  readonly thermalW: number;
  /** Electric power in watts. */
  readonly electricW: number;
  /** Heat moved per electric power of the compressor; 0 when it stands. */
  readonly cop: number;
}

/** An inverter cannot turn slower than this share of its capacity. */
export const LOAD_MIN = 0.2;

/** The electronics, the network module and the secure IC. */
export const STANDBY_W = 2;

const COOLING_W = 3500;
const HEATING_W = 4000;
/** Drying runs the compressor slowly so that the coil stays below the dew point… */
const DRYING_LOAD = 0.35;
/** …and this share of its capacity cools the air; the rest condenses water. */
const DRYING_SENSIBLE = 0.4;

/** Real machines reach about this share of Carnot's limit. */
const CARNOT_SHARE = 0.42;
/** Kelvin between air and heat exchanger, indoors and outdoors. */
const APPROACH_K = 10;
/** The compressor cannot use a smaller lift than this, however mild the day. */
const LIFT_MIN_K = 18;

const fanW: Readonly<Record<Airflow, number>> = { low: 14, medium: 26, high: 45 };
/** Less air over the coil carries less heat. */
const airflowShare: Readonly<Record<Airflow, number>> = { low: 0.7, medium: 0.87, high: 1 };

export function operate(demand: Demand, indoor: number, outdoor: number): Operation {
  if (demand.action === 'idle') return { thermalW: 0, electricW: STANDBY_W, cop: 0 };
  const fan = fanW[demand.airflow];
  if (demand.action === 'fan') return { thermalW: fan, electricW: STANDBY_W + fan, cop: 0 };

  const cop = coefficientOfPerformance(demand.action, indoor, outdoor);
  const movedW = capacityW(demand.action, outdoor) * airflowShare[demand.airflow] * compressorLoad(demand);
  // The fan's power ends as heat in the air that it moves.
  return { thermalW: intoAirW(demand.action, movedW) + fan, electricW: STANDBY_W + fan + movedW / cop, cop };
}

type Compressing = Exclude<Action, 'idle' | 'fan'>;

function compressorLoad(demand: Demand): number {
  const load = demand.action === 'drying' ? DRYING_LOAD : demand.load;
  return Math.min(1, Math.max(LOAD_MIN, load));
}

function intoAirW(action: Compressing, movedW: number): number {
  if (action === 'heating') return movedW;
  return action === 'cooling' ? -movedW : -movedW * DRYING_SENSIBLE;
}

/** Nominal at 35 °C outdoors for cooling and 7 °C for heating; the further the harder. */
function capacityW(action: Compressing, outdoor: number): number {
  if (action === 'heating') return HEATING_W * clamp(1 + 0.02 * (outdoor - 7), 0.4, 1.15);
  return COOLING_W * clamp(1 - 0.01 * (outdoor - 35), 0.6, 1.15);
}

function coefficientOfPerformance(action: Compressing, indoor: number, outdoor: number): number {
  const kelvin = 273.15;
  const [cold, hot] = action === 'heating' ? [outdoor, indoor] : [indoor, outdoor];
  const evaporator = cold - APPROACH_K + kelvin;
  const condenser = Math.max(hot + APPROACH_K + kelvin, evaporator + LIFT_MIN_K);
  const useful = action === 'heating' ? condenser : evaporator;
  return (CARNOT_SHARE * useful) / (condenser - evaporator);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
