import type { Operation, Pace } from '../timing/pace.ts';

/**
 * How long real parts take for P-256, in milliseconds, as their makers or the host libraries named here publish it. A
 * virtual part of a profile is as slow; other groups cost it the same, since nobody has published theirs.
 */
export const timingProfiles = {
  /** What this machine takes, and nothing added. */
  none: { generate: 0, ecdh: 0, sign: 0, verify: 0 },
  /** ATECC608, the longest execution times: CryptoAuthLib, calib_execution.c. */
  atecc608: { generate: 115, ecdh: 75, sign: 115, verify: 105 },
  /** OPTIGA Trust M over I2C at 400 kHz: Solution Reference Manual, 4.4.3. */
  'trust-m': { generate: 55, ecdh: 60, sign: 65, verify: 85 },
  /** SE050 over I2C on a Raspberry Pi: wolfssl-examples, README of SE050. */
  se050: { generate: 287, ecdh: 428, sign: 101, verify: 101 },
  /** TA100 over SPI on a Raspberry Pi: wolfSSL, README of its Atmel port. */
  ta100: { generate: 68, ecdh: 24, sign: 18, verify: 21 },
} as const satisfies Readonly<Record<string, Readonly<Record<Operation, number>>>>;

export type TimingProfile = keyof typeof timingProfiles;

export const timingProfileNames: readonly TimingProfile[] = Object.keys(timingProfiles) as TimingProfile[];

export function isTimingProfile(name: string): name is TimingProfile {
  return Object.hasOwn(timingProfiles, name);
}

/** Holds every command back by the sum of what its operations take. The machine's own time comes on top. */
export class ProfilePace implements Pace {
  readonly #msOf: Readonly<Record<Operation, number>>;
  readonly #wait: (ms: number) => Promise<void>;
  #owedMs = 0;

  /** `wait`: the timer; the one of the process when absent. */
  constructor(profile: TimingProfile, wait: (ms: number) => Promise<void> = passTime) {
    this.#msOf = timingProfiles[profile];
    this.#wait = wait;
  }

  spend(operation: Operation): void {
    this.#owedMs += this.#msOf[operation];
  }

  async settle(): Promise<void> {
    const ms = this.#owedMs;
    this.#owedMs = 0;
    if (ms > 0) await this.#wait(ms);
  }
}

function passTime(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
