import { generateKeyPairSync } from 'node:crypto';
import { concatBytes, encodeUtf8 } from '@keystile/bytes';
import { encodeProtectedHeader, sigStructure } from '@keystile/cose';
import { type CommandName, commands, keySlotNames, logSegmentNames, objectNames, type ValueOf } from '@keystile/link';
import { SERVER_NAME } from '@keystile/testkit';
import fc from 'fast-check';

/** What a host that owns the bus may do next. */
export type Step =
  | { readonly kind: 'call'; readonly name: CommandName; readonly request: unknown }
  /** Bytes that are no request at all, or hardly. */
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }
  /** A whole handshake with a server of the fleet. */
  | { readonly kind: 'handshake'; readonly policy: 'fleet' | 'older' | 'recovery' }
  | { readonly kind: 'boot' }
  | { readonly kind: 'pin'; readonly pin: 'reset' | 'power' | 'tamper' };

type Requests = { readonly [Name in CommandName]: fc.Arbitrary<ValueOf<(typeof commands)[Name]['request']>> };

/** Bytes in the shape of each thing that a part signs, about what it never would. */
const digest = new Uint8Array(32).fill(0xee);
const temptations: readonly Uint8Array[] = [
  concatBytes(encodeUtf8(`${' '.repeat(64)}TLS 1.3, client CertificateVerify\0`), digest),
  sigStructure(encodeProtectedHeader({ contentType: 'application/keystile-time-token+cbor' }), digest),
  sigStructure(encodeProtectedHeader({ contentType: 'application/keystile-evidence+cbor' }), digest),
  Uint8Array.from([0x30, 0x24, 0x02, 0x01, 0x00, 0x30, 0x00]),
  digest,
];

const bytes = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(...temptations));
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
/** Handles are given out from 1. */
const handle = fc.nat({ max: 6 });
const slot = fc.constantFrom(...keySlotNames);
const object = fc.constantFrom(...objectNames);
const line = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const lineKey = new Uint8Array(line.export({ format: 'der', type: 'spki' }));
const nothing = fc.constant({});

const requests: Requests = {
  info: nothing,
  status: nothing,
  selfTest: nothing,
  reset: nothing,
  random: fc.record({ length: fc.nat({ max: 255 }) }),
  list: nothing,
  read: fc.record({ object, offset: fc.nat({ max: 100 }), lengthMax: fc.nat({ max: 100 }) }),
  makerBegin: fc.record({ serial: fc.constantFrom('KS-1', 'KS-2', ''), model: fc.constant('KS-AC-1') }),
  makerFinish: fc.record({ chain: fc.array(bytes, { maxLength: 2 }) }),
  provisionBegin: fc.record({ lineNonce: bytes32, linePublicKey: fc.oneof(bytes, fc.constant(lineKey)) }),
  provisionWrite: fc.record({ object, offset: fc.constant(0), total: fc.nat({ max: 90 }), bytes }),
  provisionLock: fc.record({ dryRun: fc.boolean(), order: bytes, timeToken: bytes }),
  generate: fc.record({ slot }),
  csr: fc.record({ slot }),
  bootBegin: nothing,
  bootUpdate: fc.record({ image: fc.constantFrom('firmware' as const, 'configuration' as const), bytes }),
  bootVerify: fc.record({
    firmwareManifest: bytes,
    configurationManifest: bytes,
    laterStages: fc.array(fc.record({ name: fc.constantFrom('kernel', 'firmware'), digest: bytes32 }), {
      maxLength: 2,
    }),
  }),
  bootCommit: nothing,
  timeChallenge: nothing,
  timeToken: fc.record({ token: bytes }),
  tlsOpen: fc.record({
    policy: fc.constantFrom('fleet', 'older', 'recovery', 'no such'),
    serverName: fc.constantFrom(SERVER_NAME, 'localhost', 'elsewhere.test'),
  }),
  tlsPush: fc.record({ handle, bytes }),
  tlsPull: fc.record({ handle }),
  tlsRead: fc.record({ handle, lengthMax: fc.nat({ max: 100 }) }),
  tlsWrite: fc.record({ handle, bytes }),
  tlsStatus: fc.record({ handle }),
  tlsKeyUpdate: fc.record({ handle }),
  tlsClose: fc.record({ handle, release: fc.boolean() }),
  tlsRevocation: fc.record({ handle, offset: fc.nat({ max: 90 }), total: fc.nat({ max: 90 }), bytes }),
  traceRead: fc.record({ handle, from: fc.nat({ max: 10 }) }),
  evidence: fc.record({ handle, nonce: bytes32 }),
  pairBegin: fc.record({ hostKey: bytes32, hostEphemeral: bytes32 }),
  pairFinish: fc.record({ confirmation: bytes32 }),
  logRead: fc.record({
    segment: fc.constantFrom(...logSegmentNames),
    from: fc.nat({ max: 10 }),
    nonce: fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ minLength: 16, maxLength: 16 })),
  }),
  certInstall: fc.record({ slot, chain: fc.array(bytes, { maxLength: 2 }) }),
  adminChallenge: nothing,
  adminExecute: fc.record({ command: bytes }),
  dryRun: fc.record({ command: bytes }),
  adminReceipt: fc.record({ receipt: bytes }),
  proofOpen: fc.record({ policy: fc.constantFrom('fleet', 'recovery'), serverName: fc.constant(SERVER_NAME) }),
  adminStatus: nothing,
};

/** Any command, with a request that is well formed and seldom right. */
export const call: fc.Arbitrary<Step> = fc
  .constantFrom(...(Object.keys(commands) as CommandName[]))
  .chain((name) => (requests[name] as fc.Arbitrary<unknown>).map((request): Step => ({ kind: 'call', name, request })));

const signing = fc
  .constantFrom('csr' as const, 'csr' as const, 'provisionBegin' as const, 'generate' as const, 'timeToken' as const)
  .chain((name) => (requests[name] as fc.Arbitrary<unknown>).map((request): Step => ({ kind: 'call', name, request })));

/** Evidence of a session that may well be there. */
const evidence = fc
  .record({ handle: fc.integer({ min: 1, max: 3 }), nonce: bytes32 })
  .map((request): Step => ({ kind: 'call', name: 'evidence', request }));

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: call },
    { weight: 6, arbitrary: signing },
    { weight: 8, arbitrary: evidence },
    {
      weight: 5,
      arbitrary: fc.constantFrom<Step>(
        { kind: 'handshake', policy: 'fleet' },
        { kind: 'handshake', policy: 'older' },
        { kind: 'handshake', policy: 'recovery' },
      ),
    },
    { weight: 2, arbitrary: fc.constant<Step>({ kind: 'boot' }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((each): Step => ({ kind: 'raw', bytes: each })) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Step>(
        { kind: 'pin', pin: 'reset' },
        { kind: 'pin', pin: 'power' },
        { kind: 'pin', pin: 'tamper' },
      ),
    },
  ),
  { minLength: 5, maxLength: 40 },
);
