/** The command line of the firmware: where its part, its release and its broker are. Nothing here decides about trust. */
import { parseArgs } from 'node:util';
import { KeystileError } from '@keystile/errors';

export interface Options {
  /** Unix socket of the virtual bus. */
  readonly busPath: string;
  /** For example `spi:10MHz`. */
  readonly bus: string;
  /** File with what pairs this host with its part. */
  readonly pairing: string;
  /** Unix socket of the virtual part's control lines. */
  readonly controlPath: string;
  readonly configuration: string;
  readonly firmwareManifest: string;
  readonly configurationManifest: string;
  /** Of the broker. The name that is dialled comes from the measured configuration. */
  readonly port: number;
  /** Seconds in the room for each real second. */
  readonly timeScale: number;
}

/** One minute here is half an hour in the room: a person sees the temperature follow the set point. */
export const TIME_SCALE_DEFAULT = 30;
/** Beyond it, the least resting time of the compressor is shorter than the beat of the controller. */
const TIME_SCALE_MAX = 180;

const text = { type: 'string' } as const;

/** Throws KS-U100. */
export function parseOptions(args: readonly string[]): Options {
  const values = parsed(args);
  const needed = (name: keyof typeof values): string => {
    const value = values[name];
    if (value === undefined || value === '') throw new KeystileError('KS-U100', `--${name} is missing`);
    return value;
  };
  return {
    busPath: needed('bus-path'),
    bus: needed('bus'),
    pairing: needed('pairing'),
    controlPath: needed('control-path'),
    configuration: needed('configuration'),
    firmwareManifest: needed('firmware-manifest'),
    configurationManifest: needed('configuration-manifest'),
    port: parseNumber('port', needed('port'), { least: 1, most: 65_535 }),
    timeScale: parseNumber('time-scale', values['time-scale'] ?? String(TIME_SCALE_DEFAULT), {
      least: 1,
      most: TIME_SCALE_MAX,
    }),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        'bus-path': text,
        bus: text,
        pairing: text,
        'control-path': text,
        configuration: text,
        'firmware-manifest': text,
        'configuration-manifest': text,
        port: text,
        'time-scale': text,
      },
    }).values;
  } catch (cause) {
    throw new KeystileError('KS-U100', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function parseNumber(name: string, value: string, range: { least: number; most: number }): number {
  const number = /^[0-9]+(\.[0-9]+)?$/.test(value) ? Number(value) : Number.NaN;
  if (number >= range.least && number <= range.most) return number;
  throw new KeystileError('KS-U100', `--${name} goes from ${range.least} to ${range.most}; ${value} does not`);
}
