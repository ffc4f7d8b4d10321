import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CertificateFields,
  DAY_MS,
  extendedKeyUsage,
  extension,
  keyUsage,
  mintCa,
  mintLeaf,
  newKey,
  oids,
  type Party,
} from '../../../packages/pki/test/support/mint.ts';
import {
  type AnswerFields,
  mintAnswer,
  mintResponse,
  type ResponseFields,
  statuses,
} from '../../../packages/pki/test/support/mint-revocation.ts';
import type { Random } from '../random.ts';
import { pem } from './openssl.ts';

/**
 * Stapled OCSP answers: who signed, what they say and until when, each chosen by chance. `openssl ocsp` goes by the clock
 * of the machine, and so do these.
 */
export interface AnswerWorld {
  readonly root: Party;
  readonly leaf: Party;
  readonly other: Party;
  readonly nowMs: number;
  /** Holds the certificates for OpenSSL. */
  readonly folder: string;
  readonly end: () => void;
}

export interface GeneratedAnswer {
  readonly id: string;
  readonly traits: readonly string[];
  readonly response: Uint8Array;
  /** Of the identifier: OpenSSL finds only what it asks for. */
  readonly hash: 'sha1' | 'sha256';
}

const PROCESS_TIME_MAX_MS = 20_000;

export function makeAnswerWorld(nowMs: number): AnswerWorld {
  const valid = { notBeforeMs: nowMs - 30 * DAY_MS, notAfterMs: nowMs + 30 * DAY_MS };
  const root = mintCa({ subject: 'Root of answers', ...valid });
  const leaf = mintLeaf({ subject: 'server', issuer: root, ...valid });
  const other = mintLeaf({ subject: 'other', issuer: root, ...valid });
  const folder = mkdtempSync(join(tmpdir(), 'keystile-answers-'));
  writeFileSync(join(folder, 'root.pem'), pem(root.der));
  writeFileSync(join(folder, 'leaf.pem'), pem(leaf.der));
  return { root, leaf, other, nowMs, folder, end: () => rmSync(folder, { recursive: true }) };
}

export function generateAnswer(world: AnswerWorld, random: Random, index: number): GeneratedAnswer {
  const [who, responder] = draw(random, responders(world));
  const [what, fields] = draw(random, contents(world));
  const [when, updates] = draw(random, dates(world.nowMs));
  const answer = mintAnswer({ subject: world.leaf, issuer: world.root, ...fields, ...updates });
  return {
    id: `answer ${index}`,
    traits: [who, what, when],
    hash: what === 'good-by-sha1' ? 'sha1' : 'sha256',
    response: mintResponse({ answers: [answer], by: random.pick(['name', 'key']), ...responder() }),
  };
}

/** By name, the usual one first. */
type Choices<T> = readonly [Choice<T>, ...Choice<T>[]];
type Choice<T> = readonly [name: string, value: T];

/** The usual one is drawn more often than all others together, so that most answers have one thing about them. */
function draw<T>(random: Random, choices: Choices<T>): Choice<T> {
  return random.below(2) === 0 ? choices[0] : random.pick(choices);
}

function responders({ root, nowMs }: AnswerWorld): Choices<() => Omit<ResponseFields, 'answers'>> {
  const valid = { notBeforeMs: nowMs - 30 * DAY_MS, notAfterMs: nowMs + 30 * DAY_MS };
  const delegate = (fields: Partial<CertificateFields>): Omit<ResponseFields, 'answers'> => {
    const { extensions, ...rest } = fields;
    const signing = { extendedKeyUsage: extendedKeyUsage(oids.ocspSigning), ...extensions };
    const responder = mintLeaf({ subject: 'responder', issuer: root, ...valid, ...rest, extensions: signing });
    return { responder, certificates: [responder.der] };
  };
  return [
    ['by-issuer', () => ({ responder: root })],
    ['by-delegate', () => delegate({})],
    ['by-delegate-p384', () => delegate({ key: newKey('P384') })],
    ['by-delegate-without-use', () => delegate({ extensions: { extendedKeyUsage: undefined } })],
    ['by-delegate-for-any-use', () => delegate({ extensions: { extendedKeyUsage: extendedKeyUsage('2.5.29.37.0') } })],
    [
      'by-delegate-for-servers',
      () => delegate({ extensions: { extendedKeyUsage: extendedKeyUsage(oids.serverAuth) } }),
    ],
    ['by-delegate-for-agreement', () => delegate({ extensions: { keyUsage: keyUsage(0x08) } })],
    ['by-expired-delegate', () => delegate({ notAfterMs: nowMs - DAY_MS })],
    ['by-stranger', () => delegate({ issuer: mintCa({ subject: 'Stranger', ...valid }) })],
    [
      'by-forged-delegate',
      () => delegate({ issuer: { name: root.name, key: { ...newKey(), identifier: root.key.identifier } } }),
    ],
    ['by-another-key', () => ({ responder: root, key: newKey() })],
  ];
}

function contents({ root, other }: AnswerWorld): Choices<Partial<AnswerFields>> {
  return [
    ['good', {}],
    ['good-by-sha1', { hash: 'sha1' }],
    ['revoked', { status: statuses.revoked() }],
    ['revoked-with-reason', { status: statuses.revoked(1) }],
    ['unknown', { status: statuses.unknown }],
    ['about-another', { subject: other }],
    ['of-another-issuer', { issuer: { name: root.name, key: newKey() } }],
    ['with-extension', { extensions: [extension('1.3.6.1.4.1.55555.1', Uint8Array.of(5, 0))] }],
    ['with-critical-extension', { extensions: [extension('1.3.6.1.4.1.55555.1', Uint8Array.of(5, 0), true)] }],
  ];
}

function dates(nowMs: number): Choices<Pick<AnswerFields, 'thisUpdateMs' | 'nextUpdateMs'>> {
  return [
    ['fresh', { thisUpdateMs: nowMs - DAY_MS, nextUpdateMs: nowMs + DAY_MS }],
    ['endless', { thisUpdateMs: nowMs - DAY_MS, nextUpdateMs: undefined }],
    ['out-of-date', { thisUpdateMs: nowMs - 2 * DAY_MS, nextUpdateMs: nowMs - DAY_MS }],
    ['of-tomorrow', { thisUpdateMs: nowMs + DAY_MS, nextUpdateMs: nowMs + 2 * DAY_MS }],
    ['ends-before-it-begins', { thisUpdateMs: nowMs - DAY_MS, nextUpdateMs: nowMs - 2 * DAY_MS }],
  ];
}

/** 'accepted', or what OpenSSL said of it. */
export function askOpensslOcsp({ folder }: AnswerWorld, { response, hash }: GeneratedAnswer): string {
  writeFileSync(join(folder, 'answer.der'), response);
  const question = ['-issuer', 'root.pem', `-${hash}`, '-cert', 'leaf.pem'];
  const { stdout, stderr } = spawnSync(
    'openssl',
    ['ocsp', '-respin', 'answer.der', ...question, '-CAfile', 'root.pem', '-no-CApath'],
    { cwd: folder, encoding: 'utf8', timeout: PROCESS_TIME_MAX_MS },
  );
  if (!stderr.includes('Response verify OK')) return 'not verified';
  if (stderr.includes('Status times invalid')) return 'times invalid';
  return /^leaf\.pem: good$/m.test(stdout) ? 'accepted' : 'not good';
}
