import {
  bytes16,
  choice,
  type Field,
  type LifeCycle,
  lifeCycleNames,
  list,
  type ObjectName,
  objectNames,
  record,
  text,
  u8,
  u32,
  u64,
} from '@keystile/link';
import { emptyLog, type PartLog, partLogFields } from '../log/part-log.ts';

/**
 * All that a part remembers without power, as one value: it changes as a whole or not at all.
 *
 * Private keys are in it only as handles: what a handle means is known to the vault that gave it.
 */
export interface PartState {
  /** `tampered` is not recorded here but in the fuses. */
  readonly lifeCycle: LifeCycle;
  /** Empty before the maker's step. */
  readonly serial: string;
  readonly model: string;
  /** What was written to the part: by the maker (its attestation chain) and by the factory line. */
  readonly objects: ReadonlyMap<ObjectName, Uint8Array>;
  readonly keys: ReadonlyMap<VaultSlot, StoredKey>;
  /** Milliseconds since 1970, UTC; the part's time is never before it. */
  readonly timeFloorMs: number;
  /** The time that the last time token stated. */
  readonly lastTokenMs: number;
  readonly firmwareVersionMin: number;
  readonly configurationVersionMin: number;
  /** Assertions of the reset line and starts, in the part's whole life. */
  readonly bootCount: number;
  readonly log: PartLog;
}

export const vaultSlots = ['attestation', 'idevid', 'ldevid'] as const;
export type VaultSlot = (typeof vaultSlots)[number];

export interface StoredKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** The vault's own word for the private half. */
  readonly handle: Uint8Array;
}

export const unmadeState: PartState = {
  lifeCycle: 'unmade',
  serial: '',
  model: '',
  objects: new Map(),
  keys: new Map(),
  timeFloorMs: 0,
  lastTokenMs: 0,
  firmwareVersionMin: 0,
  configurationVersionMin: 0,
  bootCount: 0,
  log: emptyLog,
};

const FORMAT = 2;
/** Objects have 16-bit offsets on the bus. */
const OBJECT_MAX = 0xffff;
const HANDLE_MAX = 1024;
const PUBLIC_KEY_MAX = 256;

const storedFields = record({
  format: u8,
  lifeCycle: choice(lifeCycleNames),
  serial: text(64),
  model: text(64),
  objects: list(record({ name: choice(objectNames), bytes: bytes16(OBJECT_MAX) }), objectNames.length),
  keys: list(
    record({ slot: choice(vaultSlots), publicKey: bytes16(PUBLIC_KEY_MAX), handle: bytes16(HANDLE_MAX) }),
    vaultSlots.length,
  ),
  timeFloorMs: u64,
  lastTokenMs: u64,
  firmwareVersionMin: u32,
  configurationVersionMin: u32,
  bootCount: u32,
  log: partLogFields,
});

/** How a snapshot of the memory lies before it is sealed. */
export const partStateFields: Field<PartState> = {
  layout: storedFields.layout,
  write: (writer, state) =>
    storedFields.write(writer, {
      ...state,
      format: FORMAT,
      objects: Array.from(state.objects, ([name, bytes]) => ({ name, bytes })),
      keys: Array.from(state.keys, ([slot, key]) => ({ slot, ...key })),
    }),
  read: (reader) => {
    const { format, objects, keys, ...rest } = storedFields.read(reader);
    if (format !== FORMAT) throw new TypeError(`memory of format ${format}`);
    return {
      ...rest,
      objects: new Map(objects.map(({ name, bytes }) => [name, bytes.slice()])),
      keys: new Map(
        keys.map(({ slot, publicKey, handle }) => [slot, { publicKey: publicKey.slice(), handle: handle.slice() }]),
      ),
    };
  },
};
