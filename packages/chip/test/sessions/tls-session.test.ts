import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { type DeviceStream, stream } from '@keystile/device';
import { commands, decodeResponse, encodeRequest } from '@keystile/link';
import { echoServer, InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';
import { APPLICATION_SESSIONS_MAX } from '../../src/sessions/session-table.ts';
import { HANDSHAKE_MS_MAX } from '../../src/sessions/tls-session.ts';
import { connectInProcess } from '../support/connect.ts';

let fleet: TestFleet;
let operational: InProcessPart;
let part: InProcessPart;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  const [policy] = fleet.policies;
  assert.ok(policy !== undefined);
  const wild = { ...policy, name: 'wild', serverNames: ['*.fleet.test', '192.0.2.7'] };
  const administration = { ...policy, name: 'administration', purpose: 'administration' } as const;
  // In clear, so that the status byte of an answer can be read beside its code.
  await fleet.provisionUnpaired(operational, [...fleet.policies, wild, administration]);
});
after(() => fleet.remove());
beforeEach(async () => {
  part = operational.fork();
  await fleet.boot(part.host);
});

const open = { policy: 'fleet', serverName: SERVER_NAME };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A session with OpenSSL, until the end of the test. */
async function connected(): Promise<{ connection: DeviceStream; socket: TLSSocket }> {
  const server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice });
  const { port } = server;
  const connection = stream({ part: part.host, policy: 'fleet', host: '127.0.0.1', port, serverName: SERVER_NAME });
  ends.push(
    () => connection.destroy(),
    () => server.close(),
  );
  const [socket] = await Promise.all([server.nextSocket(), once(connection, 'secureConnect')]);
  return { connection, socket };
}

async function openAs(policy: string): Promise<number> {
  return (await part.call(commands.tlsOpen, { policy, serverName: SERVER_NAME })).handle;
}

/** The condition that the answer names. */
async function statusOfOpening(policy: string): Promise<string> {
  const answer = await part.chip.handle(encodeRequest(commands.tlsOpen, { policy, serverName: SERVER_NAME }));
  const response = decodeResponse(commands.tlsOpen.result, answer);
  return response.kind === 'refused' ? response.refusal.status : 'ok';
}

async function sessionsOpen(): Promise<number> {
  return (await part.call(commands.status, {})).sessionsOpen;
}

describe('TLS_OPEN', () => {
  it('refuses a policy that is not there, and names those that are', async () => {
    const unknown = { ...open, policy: 'flete' };
    const expected = {
      code: 'KS-C160',
      detail: /no policy 'flete'; the part holds 'fleet', 'recovery', 'wild', 'administration'/,
    };
    await assert.rejects(part.call(commands.tlsOpen, unknown), expected);
  });

  it('takes the names of the policy only: exact, an address, or one label for the wildcard', async () => {
    const allowed = ['a.fleet.test', 'A.Fleet.Test', '192.0.2.7'];
    const refused = ['fleet.test', 'a.b.fleet.test', '.fleet.test', '*.fleet.test', '192.0.2.8', 'fleet.test.evil', ''];
    for (const serverName of allowed) {
      const { handle } = await part.call(commands.tlsOpen, { policy: 'wild', serverName });
      await part.call(commands.tlsClose, { handle, release: true });
    }
    for (const serverName of refused) {
      const request = { policy: 'wild', serverName };
      await assert.rejects(part.call(commands.tlsOpen, request), { code: 'KS-C161' }, serverName);
    }
    assert.equal(await sessionsOpen(), 0);
  });

  it('gives applications three of its four sessions, then refuses until one is released', async () => {
    const handles: number[] = [];
    for (let each = 0; each < APPLICATION_SESSIONS_MAX; each++) handles.push(await openAs('fleet'));
    assert.equal(new Set(handles).size, 3, 'ARCHITECTURE section 8');
    await assert.rejects(openAs('fleet'), { code: 'KS-C167', detail: /3 sessions of applications are open/ });
    assert.equal(await statusOfOpening('fleet'), 'limit');
    const [first] = handles;
    await part.call(commands.tlsClose, { handle: first ?? 0, release: true });
    const { handle } = await part.call(commands.tlsOpen, open);
    assert.equal(handles.includes(handle), false, 'an old handle names nothing for a while');
    await assert.rejects(part.call(commands.tlsPull, { handle: first ?? 0 }), { code: 'KS-C163' });
  });

  for (const purpose of ['recovery', 'administration']) {
    it(`keeps the last one for ${purpose}, whatever applications hold`, async () => {
      for (let each = 0; each < APPLICATION_SESSIONS_MAX; each++) await openAs('fleet');
      const handle = await openAs(purpose);
      assert.equal((await part.call(commands.tlsStatus, { handle })).purpose, purpose);
      for (const policy of ['recovery', 'administration', 'fleet']) {
        await assert.rejects(openAs(policy), { code: 'KS-C162', detail: /4 sessions are open/ });
        assert.equal(await statusOfOpening(policy), 'limit');
      }
      await part.call(commands.tlsClose, { handle, release: true });
      await assert.rejects(openAs('fleet'), { code: 'KS-C167' });
      await openAs(purpose);
    });
  }

  it('gives recovery and administration more than one while nobody else needs them', async () => {
    for (const policy of ['recovery', 'administration', 'recovery', 'administration']) await openAs(policy);
    await assert.rejects(openAs('fleet'), { code: 'KS-C162' });
  });

  it('keeps what a session that has ended has to say until its place is needed, and by somebody whom it serves', async () => {
    const fail = async (policy: string): Promise<number> => {
      const handle = await openAs(policy);
      await part.call(commands.tlsPush, { handle, bytes: Buffer.from('HTTP/1.1 400 ') });
      return handle;
    };
    const phaseOf = async (handle: number): Promise<string> =>
      (await part.call(commands.tlsStatus, { handle })).failure?.code ?? 'none';
    const rescue = await fail('recovery');
    const first = await fail('fleet');
    const second = await fail('fleet');
    await openAs('fleet');
    await openAs('fleet');
    await assert.rejects(phaseOf(first), { code: 'KS-C163' }, 'the oldest of the applications went');
    assert.deepEqual([await phaseOf(rescue), await phaseOf(second)], ['KS-T122', 'KS-T122']);
    await openAs('fleet');
    await assert.rejects(openAs('fleet'), { code: 'KS-C162' });
    assert.equal(await phaseOf(rescue), 'KS-T122', 'to end it would not have helped');
    await openAs('recovery');
    await assert.rejects(phaseOf(rescue), { code: 'KS-C163' });
  });

  it('makes room by itself of sessions that have failed, were closed or took too long', async () => {
    const failed = await part.call(commands.tlsOpen, open);
    const { phase } = await part.call(commands.tlsPush, { handle: failed.handle, bytes: Buffer.from('HTTP/1.1 400 ') });
    assert.equal(phase, 'failed');
    const closed = await part.call(commands.tlsOpen, open);
    await part.call(commands.tlsClose, { handle: closed.handle, release: false });
    for (let each = 0; each < APPLICATION_SESSIONS_MAX; each++) await openAs('fleet');
    await assert.rejects(openAs('fleet'), { code: 'KS-C167' });
    part.clock.pass(HANDSHAKE_MS_MAX + 1);
    for (let each = 0; each < APPLICATION_SESSIONS_MAX; each++) await openAs('fleet');
    await openAs('recovery');
    await assert.rejects(openAs('recovery'), { code: 'KS-C162' });
    part.clock.pass(HANDSHAKE_MS_MAX + 1);
    await openAs('recovery');
  });
});

describe('a handshake', () => {
  it('is given up after ten powered seconds, with the keys of the device unused', async () => {
    const { handle } = await part.call(commands.tlsOpen, open);
    part.clock.pass(HANDSHAKE_MS_MAX);
    assert.equal((await part.call(commands.tlsPull, { handle })).phase, 'handshaking');
    part.clock.pass(1);
    const progress = await part.call(commands.tlsPull, { handle });
    assert.equal(progress.phase, 'failed');
    assert.equal(progress.failure?.code, 'KS-C165');
    await assert.rejects(part.call(commands.tlsWrite, { handle, bytes: Uint8Array.of(1) }), { code: 'KS-T130' });
  });

  it('that is done has no such limit', async () => {
    const { connection } = await connected();
    part.clock.pass(30 * 86_400_000);
    connection.write('after a month');
    const [echoed] = (await once(connection, 'data')) as [Buffer];
    assert.equal(echoed.toString(), 'after a month');
  });

  it('that is refused frees its session, so that a hostile server cannot use them up', async () => {
    const server = createTcpServer((socket) => socket.end('220 not TLS at all\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    for (let each = 0; each < 9; each++) {
      const connection = stream({ part: part.host, policy: 'fleet', host: '127.0.0.1', port, serverName: SERVER_NAME });
      const codes: string[] = [];
      connection.on('error', (error: Error & { code: string }) => codes.push(error.code));
      await new Promise((resolve) => connection.once('close', resolve));
      assert.deepEqual(codes, ['KS-T122']);
    }
    assert.equal(await sessionsOpen(), 0);
    server.close();
  });

  it('waits neither for a server that lags nor for another session', async () => {
    const { handle } = await part.call(commands.tlsOpen, open);
    await connectInProcess(fleet, part);
    assert.equal((await part.call(commands.tlsPull, { handle })).phase, 'handshaking');
  });
});

describe('a session', () => {
  it('says what was negotiated, and in its trace what was said; no value of a key', async () => {
    await connected();
    const status = await part.call(commands.tlsStatus, { handle: 1 });
    assert.partialDeepStrictEqual(status, {
      phase: 'connected',
      policy: 'fleet',
      serverName: SERVER_NAME,
      protocol: 'TLSv1.3',
      cipherSuite: 'TLS_AES_256_GCM_SHA384',
      group: 'X25519',
      alpn: 'mqtt',
      clientAuthenticated: true,
    });
    assert.equal(status.peerCertificateDigest.length, 32);
    const names: string[] = [];
    for (let from = 0, more = true; more; ) {
      const piece = await part.call(commands.traceRead, { handle: 1, from });
      names.push(...piece.entries.map(({ name }) => name));
      from += piece.entries.length;
      ({ more } = piece);
    }
    for (const name of ['ClientHello', 'ServerHello', 'CertificateVerify', 'Finished']) {
      assert.ok(names.includes(name), `${name} is in ${names.join(', ')}`);
    }
  });

  it('takes no more from the network while two records wait to be read, and loses nothing of them', async () => {
    const sent = Buffer.alloc(200_000, 'x');
    const { connection, socket } = await connected();
    socket.write(sent);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { readable } = await part.call(commands.tlsPull, { handle: 1 });
    assert.ok(readable <= 65_536, `${readable} bytes wait in the part`);
    let received = 0;
    for await (const chunk of connection) {
      received += chunk.length;
      if (received === sent.length) break;
    }
    assert.equal(received, sent.length);
  });

  it('whose handle is not its own is no session', async () => {
    for (const handle of [0, 1, 255]) {
      await assert.rejects(part.call(commands.tlsStatus, { handle }), { code: 'KS-C163' });
      await assert.rejects(part.call(commands.tlsKeyUpdate, { handle }), { code: 'KS-C163' });
    }
  });
});
