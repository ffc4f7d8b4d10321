import { createHash } from 'node:crypto';
import { tags } from '../../src/path/der.ts';
import { element, objectIdentifier } from '../../src/path/der-writer.ts';
import {
  algorithmOf,
  authorityKeyIdentifier,
  DAY_MS,
  extension,
  generalizedTime,
  integer,
  type Key,
  NOW_MS,
  oids,
  type Party,
  sha1,
  signed,
  time,
} from './mint.ts';

/** Revocation lists and OCSP answers for tests, in the manner of `mint.ts`. */
export interface ListFields {
  readonly issuer: Pick<Party, 'key' | 'name'>;
  /** Another key than the issuer's, for a forged list. */
  readonly key?: Key;
  readonly number?: number;
  readonly thisUpdateMs?: number;
  /** Undefined leaves it out. */
  readonly nextUpdateMs?: number | undefined;
  readonly entries?: readonly Uint8Array[];
  readonly version?: number;
  readonly extensions?: Readonly<Record<string, Uint8Array | undefined>>;
}

export function mintList(fields: ListFields): Uint8Array {
  const { issuer, thisUpdateMs = NOW_MS - DAY_MS, entries } = fields;
  const nextUpdateMs = 'nextUpdateMs' in fields ? fields.nextUpdateMs : NOW_MS + DAY_MS;
  const extensions = {
    authorityKeyIdentifier: authorityKeyIdentifier(issuer.key),
    cRLNumber: extension(oids.cRLNumber, integer(Uint8Array.of(fields.number ?? 1))),
    ...fields.extensions,
  };
  const tbs = element(
    tags.sequence,
    integer(Uint8Array.of(fields.version ?? 1)),
    algorithmOf(issuer.key),
    issuer.name,
    time(thisUpdateMs),
    ...(nextUpdateMs === undefined ? [] : [time(nextUpdateMs)]),
    ...(entries === undefined ? [] : [element(tags.sequence, ...entries)]),
    element(0xa0, element(tags.sequence, ...Object.values(extensions).filter((each) => each !== undefined))),
  );
  return signed(tbs, fields.key ?? issuer.key, { algorithm: algorithmOf(issuer.key) });
}

export function listEntry(serialNumber: Uint8Array, ...extensions: readonly Uint8Array[]): Uint8Array {
  const list = extensions.length === 0 ? [] : [element(tags.sequence, ...extensions)];
  return element(tags.sequence, integer(serialNumber), time(NOW_MS - 2 * DAY_MS), ...list);
}

export function reasonCode(code: number): Uint8Array {
  return extension(oids.reasonCode, element(tags.enumerated, Uint8Array.of(code)));
}

export interface AnswerFields {
  readonly subject: Pick<Party, 'serialNumber'>;
  readonly issuer: Pick<Party, 'key' | 'name'>;
  readonly hash?: 'sha1' | 'sha256' | 'md5';
  /** Encoded CertStatus; good by default. */
  readonly status?: Uint8Array;
  readonly thisUpdateMs?: number;
  readonly nextUpdateMs?: number | undefined;
  readonly extensions?: readonly Uint8Array[];
}

export const statuses = {
  good: element(0x80),
  unknown: element(0x82),
  revoked: (reason?: number): Uint8Array => {
    const code = reason === undefined ? [] : [element(0xa0, element(tags.enumerated, Uint8Array.of(reason)))];
    return element(0xa1, generalizedTime(NOW_MS - 2 * DAY_MS), ...code);
  },
} as const;

export function mintAnswer(fields: AnswerFields): Uint8Array {
  const { subject, issuer, hash = 'sha256', thisUpdateMs = NOW_MS - DAY_MS } = fields;
  const nextUpdateMs = 'nextUpdateMs' in fields ? fields.nextUpdateMs : NOW_MS + DAY_MS;
  const digest = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash(hash).update(bytes).digest());
  const identifier = hash === 'md5' ? '1.2.840.113549.2.5' : oids[hash];
  return element(
    tags.sequence,
    element(
      tags.sequence,
      element(tags.sequence, objectIdentifier(identifier), element(tags.null)),
      element(tags.octetString, digest(issuer.name)),
      element(tags.octetString, digest(pointOf(issuer.key))),
      integer(subject.serialNumber),
    ),
    fields.status ?? statuses.good,
    generalizedTime(thisUpdateMs),
    ...(nextUpdateMs === undefined ? [] : [element(0xa0, generalizedTime(nextUpdateMs))]),
    ...(fields.extensions === undefined ? [] : [element(0xa1, element(tags.sequence, ...fields.extensions))]),
  );
}

export interface ResponseFields {
  readonly responder: Pick<Party, 'key' | 'name'>;
  readonly answers: readonly Uint8Array[];
  /** Another key than the responder's, for a forged answer. */
  readonly key?: Key;
  readonly by?: 'name' | 'key';
  readonly certificates?: readonly Uint8Array[];
  readonly extensions?: readonly Uint8Array[];
}

export function mintResponse(fields: ResponseFields): Uint8Array {
  const { responder, answers, by = 'key', certificates = [] } = fields;
  const tbs = element(
    tags.sequence,
    by === 'name'
      ? element(0xa1, responder.name)
      : element(0xa2, element(tags.octetString, sha1(pointOf(responder.key)))),
    generalizedTime(NOW_MS - DAY_MS),
    element(tags.sequence, ...answers),
    ...(fields.extensions === undefined ? [] : [element(0xa1, element(tags.sequence, ...fields.extensions))]),
  );
  const more = certificates.length === 0 ? [] : [element(0xa0, element(tags.sequence, ...certificates))];
  return wrapBasic(signed(tbs, fields.key ?? responder.key, { more }));
}

/** A successful OCSPResponse around a BasicOCSPResponse. */
export function wrapBasic(basic: Uint8Array): Uint8Array {
  const bytes = element(tags.sequence, objectIdentifier('1.3.6.1.5.5.7.48.1.1'), element(tags.octetString, basic));
  return element(tags.sequence, element(tags.enumerated, Uint8Array.of(0)), element(0xa0, bytes));
}

function pointOf(key: Key): Uint8Array {
  return key.spki.subarray(key.spki.length - (key.algorithm === 'P256' ? 65 : 97));
}
