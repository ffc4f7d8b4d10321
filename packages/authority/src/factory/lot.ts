import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LotManifest, lotManifest } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { lotsFolder } from '../state/layout.ts';
import { exists, makePrivateFolder, writePublicFile } from '../state/private-file.ts';
import { es256Signer, publicKeyDer, sha256 } from '../state/signer.ts';
import type { Line } from './line.ts';

/**
 * The lot's manifest: which parts the line made, signed by the line. One file a lot, signed again with each part; the
 * lock evidence of each part lies beside it, so that the digests in the manifest can be checked years later.
 */
export interface LotEntry {
  readonly serial: string;
  readonly identity: string;
  /** IDevID certificate, DER. */
  readonly certificate: Uint8Array;
  readonly lockEvidence: Uint8Array;
  readonly pairing: PairingDigests | undefined;
}

/** SHA-256 of the X25519 public keys of host and part. */
export interface PairingDigests {
  readonly hostKeyDigest: Uint8Array;
  readonly partKeyDigest: Uint8Array;
}

export async function recordInLot(line: Line, entry: LotEntry): Promise<void> {
  const folder = join(lotsFolder(line.fleet.folder), line.lot);
  await makePrivateFolder(folder);
  await writePublicFile(join(folder, `${entry.serial}.lock-evidence`), entry.lockEvidence);
  const path = join(folder, 'manifest.cose');
  const before = await readLot(path, publicKeyDer(line.fleet.keys.line));
  const added = {
    serial: entry.serial,
    identity: entry.identity,
    certificateDigest: sha256(entry.certificate),
    lockEvidenceDigest: sha256(entry.lockEvidence),
    hostPairingKeyDigest: entry.pairing?.hostKeyDigest ?? new Uint8Array(0),
    partPairingKeyDigest: entry.pairing?.partKeyDigest ?? new Uint8Array(0),
  };
  const entries = [...before.filter(({ serial }) => serial !== entry.serial), added];
  const signed = await lotManifest.sign({ lot: line.lot, entries }, es256Signer(line.fleet.keys.line));
  await writePublicFile(path, signed);
}

async function readLot(path: string, lineKey: Uint8Array): Promise<LotManifest['entries']> {
  if (!(await exists(path))) return [];
  try {
    return lotManifest.verify(new Uint8Array(await readFile(path)), lineKey).entries;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KeystileError('KS-A104', `${path}: ${reason}`, { cause });
  }
}
