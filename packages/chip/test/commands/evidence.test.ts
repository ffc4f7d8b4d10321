import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Sign1 } from '@auth0/cose';
import { concatBytes } from '@keystile/bytes';
import { type EvidenceExpectation, evidence, peekStatement, tamperEvidence, verifyEvidence } from '@keystile/cose';
import { bootPart, type DeviceStream, stream } from '@keystile/device';
import { commands, type Policy } from '@keystile/link';
import { echoServer, InProcessPart, SERVER_NAME, type ServerCredential, TestFleet } from '@keystile/testkit';
import { decode } from 'cborg';
import { readWhole } from '../support/stages.ts';

let fleet: TestFleet;
let operational: InProcessPart;
let credential: ServerCredential;
let part: InProcessPart;
before(async () => {
  fleet = await TestFleet.create();
  credential = await fleet.server();
  operational = new InProcessPart({ clock: fleet.clock });
  const [policy, recovery] = fleet.policies;
  assert.ok(policy !== undefined && recovery !== undefined);
  const older: Partial<Policy> = {
    versions: ['1.3', '1.2'],
    cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  };
  await fleet.provision(operational, [
    policy,
    recovery,
    { ...policy, name: 'older', ...older, resumption: true, revocationRule: 'none', revocationAgeHoursMax: 0 },
  ]);
});
after(() => fleet.remove());
beforeEach(async () => {
  part = operational.fork();
  await fleet.boot(part.host, { firmwareVersion: 7, configurationVersion: 9 });
});

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Opened {
  readonly handle: number;
  readonly connection: DeviceStream;
  readonly socket: TLSSocket;
}

async function open(policy = 'fleet', options: object = {}): Promise<Opened> {
  const demands = policy === 'recovery' ? {} : fleet.demandsDevice;
  const server = await echoServer({ ...credential, ...demands, ...options });
  ends.push(() => server.close());
  return dial(policy, server);
}

async function dial(policy: string, server: Awaited<ReturnType<typeof echoServer>>): Promise<Opened> {
  const connection = stream({ part: part.host, policy, host: '127.0.0.1', port: server.port, serverName: SERVER_NAME });
  ends.push(() => connection.destroy());
  const before = (await part.call(commands.status, {})).sessionsOpen;
  assert.equal(before, 0, 'handles of other sessions would be in the way');
  const [socket] = await Promise.all([server.nextSocket(), once(connection, 'secureConnect')]);
  connection.write('echo');
  await once(connection, 'data');
  return { handle: await handleOf(), connection, socket };
}

/** The one session that is open. */
async function handleOf(): Promise<number> {
  for (let handle = 1; handle < 256; handle++) {
    const found = await part.call(commands.tlsStatus, { handle }).catch(() => undefined);
    if (found !== undefined) return handle;
  }
  assert.fail('no session is open');
}

async function ask(handle: number, nonce: Uint8Array = randomBytes(32)): Promise<Uint8Array> {
  return (await part.call(commands.evidence, { handle, nonce })).statement.slice();
}

async function attestationKey(): Promise<Uint8Array> {
  return readWhole(part, 'attestation-public-key');
}

/** What the server itself knows of the connection. */
async function expectation(socket: TLSSocket, nonce: Uint8Array): Promise<EvidenceExpectation> {
  const { serial } = await part.call(commands.info, {});
  const certificate = new X509Certificate(credential.cert).raw;
  return {
    attestationKey: await attestationKey(),
    serial,
    nonce,
    channel: {
      cipherSuite: socket.getCipher().standardName,
      certificateDigest: createHash('sha256').update(certificate).digest(),
      exporter: socket.exportKeyingMaterial(32, 'EXPORTER-keystile-evidence-1', Buffer.from(nonce)),
    },
  };
}

describe('EVIDENCE', () => {
  it('is an EAT that an independent COSE library verifies, its registered claims under their numbers', async () => {
    const { handle, socket } = await open();
    const nonce = randomBytes(32);
    const statement = await ask(handle, nonce);
    const spki = await attestationKey();
    const sign1 = Sign1.decode(statement);
    await sign1.verify(createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }));
    const claims = decode(sign1.payload, { useMaps: true }) as Map<number, unknown>;
    const status = await part.call(commands.status, {});
    assert.equal(claims.get(265), 'urn:keystile:evidence:1', 'eat_profile');
    assert.deepEqual(claims.get(10), new Uint8Array(nonce), 'nonce');
    assert.equal(claims.get(2), (await part.call(commands.info, {})).serial, 'sub');
    const ueid = concatBytes(Uint8Array.of(1), createHash('sha256').update(spki).digest());
    assert.deepEqual(claims.get(256), ueid, 'ueid');
    assert.equal(claims.get(262), true, 'oemboot');
    assert.equal(claims.get(267), status.bootCount, 'bootcount');
    assert.equal(claims.get(-65_537), 'operational');
    assert.equal(claims.get(-65_538), false, 'tampered');
    assert.equal(claims.get(-65_539), 'passed');
    assert.deepEqual(claims.get(-65_540), status.anchorsDigest.slice());
    assert.equal(claims.get(-65_541), 1, 'sessions');
    assert.equal(claims.get(-65_542), status.nvmGeneration);
    const session = claims.get(-65_543) as Map<number, unknown>;
    assert.deepEqual(
      [1, 2, 3, 4].map((key) => session.get(key)),
      ['fleet', SERVER_NAME, 'TLSv1.3', socket.getCipher().standardName],
    );
    const submodules = claims.get(266) as Map<string, Map<number, unknown>>;
    assert.deepEqual([...submodules.keys()].toSorted(), ['configuration', 'firmware']);
    assert.deepEqual(submodules.get('firmware')?.get(271), ['7', 4], 'swversion');
    assert.deepEqual(submodules.get('configuration')?.get(271), ['9', 4]);
    assert.equal(claims.size, 14);
  });

  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    it(`is bound to its connection: the exporter value is the one that OpenSSL has, ${maxVersion}`, async () => {
      const { handle, socket } = await open('older', { maxVersion });
      assert.equal(socket.getProtocol(), maxVersion);
      const nonce = randomBytes(32);
      const statement = await ask(handle, nonce);
      const expected = await expectation(socket, nonce);
      const stated = verifyEvidence(statement, expected);
      assert.equal(stated.session.protocol, maxVersion);
      const otherNonce = randomBytes(32);
      const other = await expectation(socket, otherNonce);
      assert.throws(() => verifyEvidence(statement, other), { code: 'KS-S120' });
      const elsewhere = { ...expected, channel: { ...expected.channel, exporter: other.channel.exporter } };
      assert.throws(() => verifyEvidence(statement, elsewhere), { code: 'KS-S121' });
    });
  }

  it('labels what the part has measured, and what the manifest only says', async () => {
    const { handle } = await open();
    const { components } = evidence.decode(peekStatement(await ask(handle)).payload);
    const images = await fleet.release({ firmwareVersion: 7, configurationVersion: 9 });
    assert.deepEqual(components.get('firmware'), {
      version: 7,
      digest: digestOf(images.firmware),
      origin: 'measured',
    });
    assert.deepEqual(components.get('configuration'), {
      version: 9,
      digest: digestOf(images.configuration),
      origin: 'measured',
    });
  });

  it('never calls a later stage measured, even if it takes the name of what is', async () => {
    part = operational.fork();
    const digest = new Uint8Array(randomBytes(32));
    const laterStages = [
      { name: 'kernel', digest },
      { name: 'firmware', digest },
    ];
    const images = await fleet.release({ laterStages });
    await bootPart(part.host, images);
    const { handle } = await open();
    const { components } = evidence.decode(peekStatement(await ask(handle)).payload);
    assert.deepEqual(components.get('kernel'), { version: 1, digest, origin: 'reported' });
    assert.deepEqual(components.get('firmware'), { version: 1, digest: digestOf(images.firmware), origin: 'measured' });
  });

  it('is made only where the client certificate was shown', async () => {
    const { handle } = await open('recovery');
    await assert.rejects(ask(handle), { code: 'KS-C230', detail: /'recovery' showed no client certificate/ });
  });

  it('is not made for a session that is not connected', async () => {
    const { handle } = await part.call(commands.tlsOpen, { policy: 'fleet', serverName: SERVER_NAME });
    await assert.rejects(ask(handle), { code: 'KS-C230', detail: /not connected/ });
    await assert.rejects(ask(handle + 1), { code: 'KS-C163' });
  });

  it('says that a session was resumed, and binds that connection and not the first', async () => {
    const ticketing = { ticketKeys: randomBytes(48), sessionIdContext: 'fleet' };
    const server = await echoServer({ ...credential, ...fleet.demandsDevice, ...ticketing });
    ends.push(() => server.close());
    const first = await dial('older', server);
    await closed(first);
    const second = await dial('older', server);
    assert.ok(second.socket.isSessionReused());
    const nonce = randomBytes(32);
    const stated = verifyEvidence(await ask(second.handle, nonce), await expectation(second.socket, nonce));
    assert.equal(stated.session.resumed, true);
    assert.equal(stated.sessionCount, 2);
  });

  it('takes a nonce of 32 bytes and nothing else from the host', async () => {
    const { handle } = await open();
    for (const length of [0, 31, 33]) {
      assert.throws(() => void commands.evidence.request.write({} as never, { handle, nonce: new Uint8Array(length) }));
    }
    const chosen = Buffer.from('bytes of the host, thirty-two...');
    const { payload } = peekStatement(await ask(handle, chosen));
    assert.equal(Buffer.from(payload).toString('latin1').split(chosen.toString()).length, 2, 'once: as the nonce');
  });
});

describe('EVIDENCE of a tampered part', () => {
  it('says that it is tampered and no more, on a session that shows no key', async () => {
    await part.tamper('glitch');
    const { handle, socket } = await open('recovery');
    const nonce = randomBytes(32);
    const statement = await ask(handle, nonce);
    assert.equal(peekStatement(statement).contentType, 'application/keystile-tamper-evidence+cbor');
    const report = tamperEvidence.verify(statement, await attestationKey());
    assert.equal(report.cause, 'glitch');
    assert.equal(report.tampered, true);
    assert.equal(report.session.policy, 'recovery');
    const expected = await expectation(socket, nonce);
    assert.throws(() => verifyEvidence(statement, expected), { code: 'KS-S123', detail: /tamper event \(glitch\)/ });
    assert.throws(() => evidence.verify(statement, expected.attestationKey), { code: 'KS-S101' });
  });

  it('is gone with the session: an event ends what was open', async () => {
    const { handle, connection } = await open();
    connection.on('error', () => undefined);
    await part.tamper();
    await assert.rejects(ask(handle), { code: 'KS-C163' });
  });
});

function digestOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

async function closed({ connection }: Opened): Promise<void> {
  const gone = once(connection, 'close');
  connection.destroy();
  await gone;
  for (let tries = 0; tries < 100; tries++) {
    if ((await part.call(commands.status, {})).sessionsOpen === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
