import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, describe, it } from 'node:test';
import { stream } from '@keystile/device';
import { KeystileError } from '@keystile/errors';
import { commands, TLS_CHUNK_MAX, type TlsProgress } from '@keystile/link';
import { type EchoServer, echoServer, InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';
import { LISTS_LENGTH_MAX } from '../../src/sessions/revocation-lists.ts';
import { SESSIONS_MAX } from '../../src/sessions/session-table.ts';
import { SESSION_BYTES_MAX } from '../../src/sessions/tls-session.ts';
import { HandDrivenSession } from '../support/hand-driven-session.ts';

/** However a server or a host behaves, a session holds what it may hold, and says no to more. */
let fleet: TestFleet;
let operational: InProcessPart;
let part: InProcessPart;
let server: EchoServer;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  await fleet.provision(operational);
  server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice, echoes: false });
});
after(async () => {
  await server.close();
  fleet.remove();
});
beforeEach(async () => {
  part = operational.fork();
  await fleet.boot(part.host);
});

/** The bytes that wait in the part now; fails when they are too many. */
function held(sessions = 1): number {
  const { sessionBytes } = part.chip.summary;
  assert.ok(sessionBytes <= sessions * SESSION_BYTES_MAX, `${sessionBytes} bytes wait in ${sessions} sessions`);
  return sessionBytes;
}

function push(handle: number, bytes: Uint8Array): Promise<TlsProgress> {
  return part.call(commands.tlsPush, { handle, bytes });
}

async function open(policy = 'fleet'): Promise<number> {
  return (await part.call(commands.tlsOpen, { policy, serverName: SERVER_NAME })).handle;
}

/** Network bytes into the part, in pieces, until it takes no more; gives the piece that it did not take. */
async function pushUntilFull(session: HandDrivenSession): Promise<{ refused: Buffer; rest: Buffer }> {
  for (;;) {
    const chunk = await session.nextChunk();
    for (let at = 0; at < chunk.length; at += TLS_CHUNK_MAX) {
      const piece = chunk.subarray(at, at + TLS_CHUNK_MAX);
      try {
        await push(session.handle, piece);
      } catch (error) {
        assert.ok(error instanceof KeystileError && error.code === 'KS-C164', String(error));
        return { refused: piece, rest: chunk.subarray(at + TLS_CHUNK_MAX) };
      }
      held();
    }
  }
}

describe('a session whose server floods', () => {
  it('takes a piece whole or not at all, and loses nothing of what it refused', async () => {
    const sent = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 7) % 251));
    const [socket, session] = await Promise.all([server.nextSocket(), HandDrivenSession.connect(part, server.port)]);
    socket.write(sent);
    const { handle } = session;
    const { refused, rest } = await pushUntilFull(session);
    const full = held();
    for (let each = 0; each < 20; each++) await assert.rejects(push(handle, refused), { code: 'KS-C164' });
    assert.equal(held(), full, 'what is refused leaves nothing behind');

    const received: Uint8Array[] = [];
    let length = 0;
    const drain = async (): Promise<void> => {
      for (;;) {
        const { bytes } = await part.call(commands.tlsRead, { handle, lengthMax: TLS_CHUNK_MAX });
        if (bytes.length === 0) return;
        received.push(bytes.slice());
        length += bytes.length;
      }
    };
    await drain();
    for (let chunk: Buffer = Buffer.concat([refused, rest]); ; chunk = await session.nextChunk()) {
      for (let at = 0; at < chunk.length; at += TLS_CHUNK_MAX) {
        await push(handle, chunk.subarray(at, at + TLS_CHUNK_MAX));
        await drain();
        held();
      }
      if (length === sent.length) break;
    }
    assert.ok(Buffer.concat(received).equals(sent));
    await session.close();
  });

  it('ends when a message of the handshake is longer than any can be, having held no more than a certificate list', async () => {
    const handle = await open();
    // A ServerHello that says 65,000 bytes, in records as large as they may be.
    const messageHeader = Buffer.from([2, 0, 0xfd, 0xe8]);
    const record = Buffer.concat([Buffer.from([22, 3, 3, 0x3f, 0xf8]), Buffer.alloc(0x3ff8)]);
    messageHeader.copy(record, 5);
    let most = 0;
    for (let each = 0, phase = 'handshaking'; phase === 'handshaking'; each++) {
      assert.ok(each < 10, 'it waits for ever');
      ({ phase } = await push(handle, record));
      most = Math.max(most, held());
    }
    assert.ok(most > 40_000, 'the test did make it hold something');
    assert.equal(held(), 0, 'a session that failed holds nothing');
  });

  it('holds one record at most while the server sends half of it, byte by byte', async () => {
    const handle = await open();
    for (const byte of Buffer.concat([Buffer.from([22, 3, 3, 0x40, 0]), Buffer.alloc(500)])) {
      await push(handle, Uint8Array.of(byte));
    }
    assert.equal(held(), 505);
  });
});

describe('a session whose host floods', () => {
  it('refuses to encrypt more than the network takes away', async () => {
    const [, session] = await Promise.all([server.nextSocket(), HandDrivenSession.connect(part, server.port)]);
    const { handle } = session;
    const bytes = new Uint8Array(TLS_CHUNK_MAX);
    for (let each = 0; each < 60; each++) {
      // Every answer takes along what it can; whether the host sends it on is its own affair.
      await part.call(commands.tlsWrite, { handle, bytes });
      held();
    }
    await session.close();
  });

  it('has room for the lists that it may bring, and for no more, in all four sessions at once', async () => {
    const handles = [await open(), await open(), await open(), await open('recovery')];
    assert.equal(handles.length, SESSIONS_MAX);
    const total = LISTS_LENGTH_MAX;
    for (const handle of handles) {
      for (let offset = 0; offset < total; offset += TLS_CHUNK_MAX) {
        await part.call(commands.tlsRevocation, { handle, offset, total, bytes: new Uint8Array(TLS_CHUNK_MAX) });
      }
      const more = { handle, offset: 0, total: 1, bytes: Uint8Array.of(0x30) };
      await assert.rejects(part.call(commands.tlsRevocation, more), { code: 'KS-C169' });
    }
    assert.ok(held(SESSIONS_MAX) >= SESSIONS_MAX * total);
    for (const handle of handles) await part.call(commands.tlsClose, { handle, release: true });
    assert.equal(held(0), 0);
  });
});

describe('three sessions of applications that are flooded', () => {
  it('leave the fourth free to work', async () => {
    const sessions: HandDrivenSession[] = [];
    for (let each = 0; each < SESSIONS_MAX - 1; each++) {
      const [socket, session] = await Promise.all([server.nextSocket(), HandDrivenSession.connect(part, server.port)]);
      socket.write(Buffer.alloc(200_000));
      sessions.push(session);
      await fill(session, sessions.length);
    }
    const echo = await echoServer({ ...(await fleet.server()), requestCert: true, rejectUnauthorized: false });
    const target = { host: '127.0.0.1', port: echo.port, serverName: SERVER_NAME };
    const rescue = stream({ part: part.host, policy: 'recovery', ...target });
    rescue.write('report');
    assert.equal(String((await once(rescue, 'data'))[0]), 'report');
    held(SESSIONS_MAX);
    rescue.destroy();
    await once(rescue, 'close');
    await echo.close();
    for (const session of sessions) await session.close();
  });
});

/** Until two records wait to be read. */
async function fill(session: HandDrivenSession, sessions: number): Promise<void> {
  for (;;) {
    const chunk = await session.nextChunk();
    for (let at = 0; at < chunk.length; at += TLS_CHUNK_MAX) {
      const { readable } = await push(session.handle, chunk.subarray(at, at + TLS_CHUNK_MAX));
      held(sessions);
      if (readable >= 32_768) return;
    }
  }
}
