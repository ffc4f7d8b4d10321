import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type DeviceStream, stream } from '@keystile/device';
import { commands, type Policy } from '@keystile/link';
import {
  type EchoOptions,
  echoServer,
  InProcessPart,
  ocspAnswer,
  opensslMissing,
  revocationList,
  SERVER_NAME,
  type ServerCredential,
  serialNumberOf,
  TestFleet,
} from '@keystile/testkit';
import { decodeClientHello } from '@keystile/tls/codec';
import { dialAndEcho } from '../support/connect.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const rules = ['none', 'crl-if-present', 'crl-required', 'ocsp-staple-if-present', 'ocsp-staple-required'] as const;

let fleet: TestFleet;
let operational: InProcessPart;
let part: InProcessPart;
let credential: ServerCredential;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  const [policy] = fleet.policies;
  assert.ok(policy !== undefined);
  const older: Policy = {
    ...policy,
    name: 'older',
    versions: ['1.3', '1.2'],
    cipherSuites: [...policy.cipherSuites, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
    revocationRule: 'ocsp-staple-required',
  };
  const byRule = rules.map((rule) => ({
    ...policy,
    name: rule,
    revocationRule: rule,
    revocationAgeHoursMax: rule === 'none' ? 0 : 2,
  }));
  await fleet.provision(operational, [older, ...byRule]);
  credential = await fleet.server({ untilMs: fleet.clock.ms + 30 * DAY_MS });
});
after(() => fleet.remove());
beforeEach(async () => {
  part = operational.fork();
  await fleet.boot(part.host);
  await fleet.tellTime(part.host, part.clock.ms);
});

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Attempt extends EchoOptions {
  readonly revocationLists?: readonly Uint8Array[];
}

async function dial(policy: string, { revocationLists = [], ...options }: Attempt = {}): Promise<DeviceStream> {
  const server = await echoServer({ ...credential, ...fleet.demandsDevice, ...options });
  ends.push(() => server.close());
  const target = { host: '127.0.0.1', port: server.port, serverName: SERVER_NAME };
  const connection = stream({ part: part.host, policy, ...target, revocationLists });
  ends.push(() => connection.destroy());
  return connection;
}

async function connects(policy: string, attempt?: Attempt): Promise<void> {
  await dialAndEcho(await dial(policy, attempt));
}

async function refuses(expected: { code: string; detail?: RegExp }, policy: string, attempt?: Attempt): Promise<void> {
  await assert.rejects(connects(policy, attempt), expected);
}

type ListOptions = Partial<Parameters<typeof revocationList>[1]> & { readonly forged?: boolean };

/** The list of one CA, as of now. */
function listOf(name: 'root' | 'server-ca' | 'device-ca', options: ListOptions = {}): Promise<Uint8Array> {
  const { forged = false, ...request } = options;
  const authority = fleet.fleet.authorities[name];
  const key = forged ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : authority.key;
  const { ms } = part.clock;
  return revocationList({ ...authority, key }, { fromMs: ms - 1000, untilMs: ms + DAY_MS, ...request });
}

async function bothLists(options: ListOptions = {}): Promise<readonly Uint8Array[]> {
  return [await listOf('root', options), await listOf('server-ca', options)];
}

describe('a revocation list', () => {
  it('of hundreds of entries comes in pieces and is understood', async () => {
    const revoked = Array.from({ length: 300 }, () => `4a${randomBytes(15).toString('hex')}`);
    const own = serialNumberOf(credential.cert);
    const root = await listOf('root');
    const long = await listOf('server-ca', { revoked });
    assert.ok(long.length > 3 * part.host.pieceMax);
    await connects('crl-required', { revocationLists: [root, long] });
    const withOwn = await listOf('server-ca', { revoked: [...revoked, own] });
    await refuses({ code: 'KS-P115' }, 'crl-required', { revocationLists: [root, withOwn] });
  });

  it('that is damaged, forged or of an unrelated CA cannot stand for the right one', async () => {
    const [root, own] = await bothLists();
    assert.ok(root !== undefined && own !== undefined);
    const damaged = Uint8Array.from(own, (byte, i) => (i === 0 ? 0x31 : byte));
    for (const policy of ['crl-if-present', 'crl-required']) {
      await refuses({ code: 'KS-P113' }, policy, { revocationLists: [root, damaged] });
      const forged = await listOf('server-ca', { forged: true });
      await refuses({ code: 'KS-P114' }, policy, { revocationLists: [root, forged] });
    }
    const unrelated = [root, await listOf('device-ca')];
    await refuses({ code: 'KS-P116' }, 'crl-required', { revocationLists: unrelated });
    await connects('crl-if-present', { revocationLists: unrelated });
  });

  it('is asked for where the policy requires it, and its absence no obstacle where it does not', async () => {
    await refuses({ code: 'KS-P116' }, 'crl-required');
    for (const policy of ['none', 'crl-if-present', 'ocsp-staple-if-present']) await connects(policy);
  });

  it('is not held by a session whose policy would not look at it', async () => {
    const attempt = { revocationLists: await bothLists() };
    await refuses({ code: 'KS-C180', detail: /policy 'none' has the revocation rule 'none'/ }, 'none', attempt);
  });

  it('comes too late once the chain was judged, and holds no memory of the part after that', async () => {
    const revocationLists = await bothLists();
    const connection = await dial('crl-required', { revocationLists });
    await once(connection, 'secureConnect');
    const request = { handle: 1, offset: 0, total: 1, bytes: Uint8Array.of(0x30) };
    await assert.rejects(part.call(commands.tlsRevocation, request), { code: 'KS-C181' });
    assert.ok(part.chip.summary.sessionBytes < 1024);
  });

  it('is forgotten with a handshake that the server fails', async () => {
    const request = { policy: 'crl-required', serverName: SERVER_NAME };
    const { handle } = await part.call(commands.tlsOpen, request);
    const list = new Uint8Array(900);
    const held = await part.call(commands.tlsRevocation, { handle, offset: 0, total: 900, bytes: list });
    assert.deepEqual(held, { lists: 1, room: 32_768 - 900 });
    assert.ok(part.chip.summary.sessionBytes >= 900);
    await part.call(commands.tlsPush, { handle, bytes: Buffer.from('HTTP/1.1 400 ') });
    assert.equal(part.chip.summary.sessionBytes, 0);
  });

  it('counts until the age that the policy allows, and as long as the part knows the time', async () => {
    const early = await bothLists({ fromMs: part.clock.ms - 1000 });
    const later = await bothLists({ fromMs: part.clock.ms + HOUR_MS });
    await refuses({ code: 'KS-P117', detail: /is dated/ }, 'crl-required', { revocationLists: later });
    part.clock.pass(2 * HOUR_MS - 2000);
    await connects('crl-required', { revocationLists: early });
    part.clock.pass(2000);
    await refuses({ code: 'KS-P117', detail: /was good until/ }, 'crl-required', { revocationLists: early });
    await connects('crl-required', { revocationLists: later });
    part.clock.pass(1);
    await refuses({ code: 'KS-P118' }, 'crl-required', { revocationLists: later });
    await connects('crl-if-present', { revocationLists: later });
    await fleet.tellTime(part.host, part.clock.ms);
    await connects('crl-required', { revocationLists: later });
  });

  it('is out of date also where the policy could do without it', async () => {
    const revocationLists = await bothLists({ fromMs: part.clock.ms - 3 * HOUR_MS });
    await refuses({ code: 'KS-P117' }, 'crl-if-present', { revocationLists });
  });

  it('does not count as fresh when the certificate comes from later than the part’s time', async () => {
    credential = await fleet.server({ fromMs: part.clock.ms + DAY_MS, untilMs: part.clock.ms + 30 * DAY_MS });
    try {
      const validity = { fromMs: part.clock.ms + DAY_MS, untilMs: part.clock.ms + 2 * DAY_MS };
      await refuses({ code: 'KS-P118' }, 'crl-required', { revocationLists: await bothLists(validity) });
    } finally {
      credential = await fleet.server({ untilMs: fleet.clock.ms + 30 * DAY_MS });
    }
  });
});

describe('a stapled OCSP answer', { skip: opensslMissing }, () => {
  const answer = (status: 'good' | 'revoked'): Uint8Array =>
    ocspAnswer(fleet.fleet.authorities['server-ca'], credential.cert, status);

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`reaches the verifier in ${maxVersion}: good, revoked, damaged, absent`, async () => {
      await connects('older', { maxVersion, stapledOcsp: answer('good') });
      await refuses({ code: 'KS-P115' }, 'older', { maxVersion, stapledOcsp: answer('revoked') });
      const damaged = answer('good').fill(0, 0, 1);
      await refuses({ code: 'KS-P119' }, 'older', { maxVersion, stapledOcsp: damaged });
      await refuses({ code: 'KS-P116' }, 'older', { maxVersion });
    });
  }

  it('of another certificate does not help', async () => {
    const other = await fleet.server();
    const stapledOcsp = ocspAnswer(fleet.fleet.authorities['server-ca'], other.cert, 'good');
    await refuses({ code: 'KS-P119', detail: /not about/ }, 'ocsp-staple-required', { stapledOcsp });
  });
});

describe('the ClientHello', () => {
  for (const rule of rules) {
    it(`asks for a staple only where the rule looks at one (${rule})`, async () => {
      const { handle, progress } = await part.call(commands.tlsOpen, { policy: rule, serverName: SERVER_NAME });
      // Record header and message header.
      const hello = decodeClientHello(progress.outgoing.subarray(5 + 4));
      const asks = hello.extensions.get('status_request') !== undefined;
      assert.equal(asks, rule.startsWith('ocsp-staple'));
      await part.call(commands.tlsClose, { handle, release: true });
    });
  }
});
