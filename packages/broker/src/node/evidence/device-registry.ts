import { readFileSync, statSync } from 'node:fs';
import { KeystileError } from '@keystile/errors';
import { z } from 'zod';

/**
 * Which part is which device: a JSON file that the authority writes and the broker only reads, again whenever it has
 * changed. A file that cannot be read or understood knows no device: evidence is refused until it is mended.
 */
export interface RegisteredDevice {
  /** Serial number of the part. */
  readonly serial: string;
  /** SHA-256 of the attestation key's SubjectPublicKeyInfo, hexadecimal. */
  readonly attestationKey: string;
  /** `urn:keystile:<fleet>:<role>:<id>` */
  readonly identity: string;
}

const devices = z.array(
  z.strictObject({
    serial: z.string().min(1).max(64),
    attestation_key: z.string().regex(/^[0-9a-f]{64}$/),
    identity: z.string().startsWith('urn:keystile:'),
  }),
);

export class DeviceRegistry {
  readonly #path: string;
  #version = '';
  #byKey: ReadonlyMap<string, RegisteredDevice> = new Map();

  /** Reads nothing yet: the file may be written after the broker has started. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Throws `KS-B325`. */
  find(attestationKey: string): RegisteredDevice | undefined {
    this.#refresh();
    return this.#byKey.get(attestationKey);
  }

  #refresh(): void {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version === this.#version) return;
      this.#byKey = byKey(devices.parse(JSON.parse(readFileSync(this.#path, 'utf8'))));
      this.#version = version;
    } catch (cause) {
      this.#version = '';
      const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
      throw new KeystileError('KS-B325', `${this.#path}: ${reason}`, { cause });
    }
  }
}

function byKey(entries: z.infer<typeof devices>): ReadonlyMap<string, RegisteredDevice> {
  const found = new Map<string, RegisteredDevice>();
  for (const { serial, attestation_key: attestationKey, identity } of entries) {
    // One key in two entries would be two devices with one part.
    if (found.has(attestationKey)) throw new TypeError(`${serial} has the attestation key of another entry`);
    found.set(attestationKey, { serial, attestationKey, identity });
  }
  return found;
}
