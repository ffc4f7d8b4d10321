/**
 * What a person can ask of the air conditioner, and the strict parsing of it.
 *
 * A value that came over the network becomes `Settings` here or is refused with a code and a sentence; nothing behind
 * this module checks a range again. It knows neither topics nor the thermal model.
 */
import { KeystileError } from '@keystile/errors';

export const modes = ['off', 'auto', 'cool', 'heat', 'dry', 'fan_only'] as const;
export type Mode = (typeof modes)[number];

export const fanSpeeds = ['auto', 'low', 'medium', 'high'] as const;
export type FanSpeed = (typeof fanSpeeds)[number];

export const swings = ['off', 'vertical', 'horizontal', 'both'] as const;
export type Swing = (typeof swings)[number];

/** The range that split units on the market offer, in °C. */
export const SET_POINT_MIN = 16;
export const SET_POINT_MAX = 30;
const SET_POINT_STEP = 0.5;

/** °C from 16 to 30 in steps of 0.5; only {@link parseSetPoint} makes one. */
export type SetPoint = number & { readonly '~setPoint': true };

export interface Settings {
  readonly setPoint: SetPoint;
  readonly mode: Mode;
  readonly fan: FanSpeed;
  readonly swing: Swing;
}

/** The last level of a set topic. */
const settingNames = ['set-point', 'mode', 'fan', 'swing'] as const;

/** Returns `settings` with one of them changed; throws `KeystileError` (KS-U201 … KS-U203) and changes nothing else. */
export function changeSetting(settings: Settings, name: string, text: string): Settings {
  switch (name) {
    case 'set-point':
      return { ...settings, setPoint: parseSetPoint(text) };
    case 'mode':
      return { ...settings, mode: parseChoice('mode', modes, text) };
    case 'fan':
      return { ...settings, fan: parseChoice('fan', fanSpeeds, text) };
    case 'swing':
      return { ...settings, swing: parseChoice('swing', swings, text) };
    default:
      throw new KeystileError('KS-U201', `"${shorten(name)}" is no setting; there are ${settingNames.join(', ')}`);
  }
}

/** Plain decimal notation only: no sign, exponent, blank or second digit after the point. */
export function parseSetPoint(text: string): SetPoint {
  const value = /^[0-9]{1,2}(\.[0-9])?$/.test(text) ? Number(text) : Number.NaN;
  if (!isSetPoint(value)) {
    throw new KeystileError(
      'KS-U202',
      `the set point goes from ${SET_POINT_MIN} to ${SET_POINT_MAX} °C in steps of ${SET_POINT_STEP}; "${shorten(text)}" is not one`,
    );
  }
  return value;
}

function isSetPoint(value: number): value is SetPoint {
  return value >= SET_POINT_MIN && value <= SET_POINT_MAX && Number.isInteger(value / SET_POINT_STEP);
}

function parseChoice<const Choice extends string>(name: string, choices: readonly Choice[], text: string): Choice {
  const choice = choices.find((each) => each === text);
  if (choice === undefined) {
    throw new KeystileError('KS-U203', `${name} is one of ${choices.join(', ')}; "${shorten(text)}" is not`);
  }
  return choice;
}

/** Characters of a refused value that are repeated in the refusal: enough to recognise it, too few to be a nuisance. */
const ECHO_MAX = 40;

/** What was refused, fit for a sentence: cut, and with control characters made visible. */
export function shorten(text: string): string {
  const visible = text.replace(/\p{C}/gu, '�');
  return visible.length > ECHO_MAX ? `${visible.slice(0, ECHO_MAX)}…` : visible;
}
