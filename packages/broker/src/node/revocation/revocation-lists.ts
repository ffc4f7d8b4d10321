import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { KeystileError } from '@keystile/errors';
import { type VerifiedRevocationList, verifyRevocationList } from '@keystile/pki/path';
import { type IssuerRevocations, normalSerial } from '../../admission/revocations.ts';
import type { ProgramLog } from '../log.ts';
import type { Issuer, Issuers } from '../peer/issuers.ts';
import { stampOf } from './file-stamp.ts';

/**
 * The revocation lists of the configured issuers. They are judged here and not by OpenSSL, which ends the connection of a
 * revoked client without a reason, and every connection once a list has expired.
 *
 * "Revoked" counts however old the list is. What an old list is worth for everybody else is the issuer's
 * `crl_when_stale`. A list that cannot be used, or is older than the one in force, changes nothing but the alarm.
 */
export interface ListsOptions {
  readonly issuers: Issuers;
  /** The folder that paths of the configuration are relative to. */
  readonly folder: string;
  readonly log: ProgramLog;
  readonly utcNow: () => number;
}

export interface ListStanding {
  readonly issuer: string;
  readonly entries: number;
  readonly nextUpdateMs: number;
  readonly age: Age;
  readonly isUsable: boolean;
}

/** Ageing: a newer list is due, since CAs issue them at half life. */
type Age = 'fresh' | 'ageing' | 'stale';

/** Room for some two hundred thousand entries; parsing them holds everything else up for about half a second. */
const LIST_LENGTH_MAX = 8 * 1024 * 1024;
/** The share of its life after which a list should long have been replaced. */
const AGEING_FROM = 0.75;

export class RevocationLists {
  readonly #files: readonly ListFile[];
  readonly #log: ProgramLog;
  readonly #utcNow: () => number;

  /** Reads them all; throws `KS-B344` when one cannot be used, since there is no last good one yet. */
  constructor({ issuers, folder, log, utcNow }: ListsOptions) {
    this.#log = log;
    this.#utcNow = utcNow;
    this.#files = issuers.all.flatMap((issuer) => {
      const { crl } = issuer.configuration;
      return crl === undefined ? [] : [new ListFile(issuer, resolve(folder, crl))];
    });
  }

  /** Reads what has changed and sounds the alarms; whether what is denied may be different now. */
  look(): boolean {
    const nowMs = this.#utcNow();
    return this.#files.map((file) => file.look(nowMs, this.#log)).includes(true);
  }

  /** Throws `KS-B344` when one of them is older than the list of the same issuer was before. */
  refuseOlderThan(before: RevocationLists): void {
    for (const file of this.#files) {
      const earlier = before.#files.find(({ issuer }) => issuer.key === file.issuer.key);
      if (earlier !== undefined) file.refuseOlderThan(earlier);
    }
  }

  /** By the key of the issuer. */
  get denied(): ReadonlyMap<string, IssuerRevocations> {
    const nowMs = this.#utcNow();
    return new Map(this.#files.map((file) => [file.issuer.key, file.denied(nowMs)]));
  }

  get standings(): readonly ListStanding[] {
    const nowMs = this.#utcNow();
    return this.#files.map((file) => file.standing(nowMs));
  }
}

class ListFile {
  readonly issuer: Issuer;
  readonly #path: string;
  #stamp: string | undefined;
  #list: VerifiedRevocationList;
  #serials: ReadonlySet<string>;
  #age: Age = 'fresh';

  constructor(issuer: Issuer, path: string) {
    this.issuer = issuer;
    this.#path = path;
    this.#stamp = stampOf(path);
    this.#list = this.#read();
    this.#serials = serialsOf(this.#list);
  }

  look(nowMs: number, log: ProgramLog): boolean {
    const changed = this.#refresh(log);
    const age = this.#ageAt(nowMs);
    if (age === this.#age) return changed;
    this.#age = age;
    const until = new Date(this.#list.nextUpdateMs).toISOString();
    const sentence =
      age === 'fresh'
        ? `the revocation list of '${this.issuer.grant.name}' is fresh until ${until}`
        : `the next revocation list of '${this.issuer.grant.name}' is due by ${until}${age === 'stale' ? `, which has passed: ${this.#consequence}` : ''}`;
    if (age === 'fresh') log.event({ level: 'info', event: 'revocation', sentence });
    else log.event({ level: 'warn', event: 'revocation', code: 'KS-B345', sentence });
    return true;
  }

  refuseOlderThan(earlier: ListFile): void {
    this.#refuseOlder(this.#list, earlier.#list);
  }

  denied(nowMs: number): IssuerRevocations {
    return { serials: this.#serials, isUsable: this.standing(nowMs).isUsable };
  }

  standing(nowMs: number): ListStanding {
    const { nextUpdateMs, revoked } = this.#list;
    const age = this.#ageAt(nowMs);
    const { name, crl_when_stale: whenStale } = this.issuer.configuration;
    const isUsable = age !== 'stale' || whenStale === 'keep';
    return { issuer: name, entries: revoked.size, nextUpdateMs, age, isUsable };
  }

  get #consequence(): string {
    return this.issuer.configuration.crl_when_stale === 'keep' ? 'it stays in force' : 'nobody new is admitted';
  }

  #refresh(log: ProgramLog): boolean {
    const stamp = stampOf(this.#path);
    if (stamp === this.#stamp) return false;
    this.#stamp = stamp;
    try {
      const list = this.#read();
      this.#refuseOlder(list, this.#list);
      this.#list = list;
      this.#serials = serialsOf(list);
      return true;
    } catch (error) {
      if (!(error instanceof KeystileError)) throw error;
      log.event({ level: 'warn', event: 'revocation', code: error.code, sentence: error.message });
      return false;
    }
  }

  #refuseOlder(list: VerifiedRevocationList, inForce: VerifiedRevocationList): void {
    if (list.number >= inForce.number) return;
    throw this.#unusable(`number ${list.number} is older than ${inForce.number}, which is in force`);
  }

  #read(): VerifiedRevocationList {
    try {
      return verifyRevocationList(derOf(readFileSync(this.#path)), this.issuer.certificate.raw, LIST_LENGTH_MAX);
    } catch (cause) {
      throw this.#unusable(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  #unusable(why: string, cause?: unknown): KeystileError {
    return new KeystileError('KS-B344', `${this.#path} for '${this.issuer.grant.name}': ${why}`, { cause });
  }

  #ageAt(nowMs: number): Age {
    const { thisUpdateMs, nextUpdateMs } = this.#list;
    if (nowMs >= nextUpdateMs) return 'stale';
    return nowMs >= thisUpdateMs + (nextUpdateMs - thisUpdateMs) * AGEING_FROM ? 'ageing' : 'fresh';
  }
}

function serialsOf({ revoked }: VerifiedRevocationList): ReadonlySet<string> {
  return new Set(Array.from(revoked.keys(), normalSerial));
}

/** Libraries label the PEM `CRL` or `X509 CRL`. */
const PEM = /-----BEGIN (?:X509 )?CRL-----([A-Za-z0-9+/=\s]+)-----END (?:X509 )?CRL-----/;

function derOf(file: Buffer): Uint8Array {
  const [, base64] = PEM.exec(file.toString('latin1', 0, LIST_LENGTH_MAX * 2)) ?? [];
  return new Uint8Array(base64 === undefined ? file : Buffer.from(base64, 'base64'));
}
