import { KeystileError } from '@keystile/errors';
import { z } from 'zod';
import { exists, readStateFile, writePublicFile } from '../state/private-file.ts';

/**
 * The registry: every part that was made and every device that was provisioned, in one JSON file that changes all at
 * once. It holds public facts only. It does *not* hold states such as revoked; those will come with a database,
 * for which this file's shape is the first migration.
 */
const digest = z.string().regex(/^[0-9a-f]{64}$/);

const deviceEntry = z.strictObject({
  fleet: z.string(),
  id: z.string(),
  /** SHA-256 of the SubjectPublicKeyInfo. */
  idevidKey: digest,
  ldevidKey: digest,
  /** Certificate serial numbers, hexadecimal. */
  idevidSerial: z.string(),
  ldevidSerial: z.string(),
  ldevidExpiresAt: z.iso.datetime(),
  contentsDigest: digest,
  lot: z.string(),
  provisionedAt: z.iso.datetime(),
});

const partEntry = z.strictObject({
  serial: z.string(),
  model: z.string(),
  attestationKey: digest,
  madeAt: z.iso.datetime(),
  device: deviceEntry.optional(),
});

const registryFile = z.strictObject({ format: z.literal(1), parts: z.array(partEntry) });

export type DeviceEntry = z.infer<typeof deviceEntry>;
export type PartEntry = z.infer<typeof partEntry>;

export class Registry {
  readonly #path: string;
  #parts: readonly PartEntry[];
  /** One write at a time: two parts on one line must not lose each other's entry. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, parts: readonly PartEntry[]) {
    this.#path = path;
    this.#parts = parts;
  }

  /** Reads the file; an absent one is an empty registry, a damaged one is KS-A104 and never overwritten. */
  static async open(path: string): Promise<Registry> {
    if (!(await exists(path))) return new Registry(path, []);
    return new Registry(path, parseRegistry(path, await readStateFile(path)));
  }

  get parts(): readonly PartEntry[] {
    return this.#parts;
  }

  find(serial: string): PartEntry | undefined {
    return this.#parts.find((part) => part.serial === serial);
  }

  findDevice(id: string): PartEntry | undefined {
    return this.#parts.find((part) => part.device?.id === id);
  }

  /** The part that holds this public key (hexadecimal SHA-256 of its SPKI) in any of its slots. */
  findKey(keyDigest: string): PartEntry | undefined {
    return this.#parts.find(({ attestationKey, device }) =>
      [attestationKey, device?.idevidKey, device?.ldevidKey].includes(keyDigest),
    );
  }

  addPart(entry: PartEntry): Promise<void> {
    return this.#change((parts) => {
      if (parts.some(({ serial }) => serial === entry.serial)) {
        throw new KeystileError('KS-A112', `serial number ${entry.serial} is in the registry already`);
      }
      return [...parts, entry];
    });
  }

  addDevice(serial: string, device: DeviceEntry): Promise<void> {
    return this.#change((parts) => {
      const known = parts.find((part) => part.serial === serial);
      if (known === undefined) throw new KeystileError('KS-A140', `serial number ${serial} is not in the registry`);
      if (known.device !== undefined) {
        throw new KeystileError('KS-A112', `serial number ${serial} was provisioned before, as ${known.device.id}`);
      }
      return parts.map((part) => (part === known ? { ...part, device } : part));
    });
  }

  #change(step: (parts: readonly PartEntry[]) => readonly PartEntry[]): Promise<void> {
    const written = this.#writing.then(async () => {
      const next = step(this.#parts);
      await writePublicFile(this.#path, `${JSON.stringify({ format: 1, parts: next }, undefined, 2)}\n`);
      this.#parts = next;
    });
    this.#writing = written.catch(() => {});
    return written;
  }
}

function parseRegistry(path: string, text: string): readonly PartEntry[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new KeystileError('KS-A104', `${path} is not JSON`, { cause });
  }
  const parsed = registryFile.safeParse(content);
  if (!parsed.success) throw new KeystileError('KS-A104', `${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data.parts;
}
