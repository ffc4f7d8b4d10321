import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { recoveryPolicy } from '@keystile/authority';
import { type DeviceStream, stream } from '@keystile/device';
import { commands, decodeResponse, encodeRequest } from '@keystile/link';
import { echoServer, InProcessPart, SERVER_NAME, strangerAuthority, TestFleet } from '@keystile/testkit';
import { dialAndEcho } from '../support/connect.ts';
import { TicketingServers } from '../support/ticketing-server.ts';

/**
 * The policy for recovery: what a part does for a host that has not shown who it is. It verifies the server like any
 * other, and shows the server nothing of the device.
 */
const BUDGET = 20_000;

let fleet: TestFleet;
let operational: InProcessPart;
let part: InProcessPart;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  const scope = { root: fleet.fleet.authorities.root.der, serverNames: [SERVER_NAME] };
  const small = { ...recoveryPolicy(scope), name: 'small', bytesPerBootMax: BUDGET };
  const older = {
    ...recoveryPolicy(scope),
    name: 'older',
    versions: ['1.3', '1.2'],
    cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  } as const;
  // In clear, so that the status byte of an answer can be read beside its code.
  await fleet.provisionUnpaired(operational, [...fleet.policies, small, { ...small, name: 'other' }, older]);
});
after(() => fleet.remove());
beforeEach(() => {
  part = operational.fork();
});

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Dialled {
  readonly connection: DeviceStream;
  readonly nextSocket: () => Promise<TLSSocket>;
}

/** A server that asks for a certificate and, by default, does without. */
async function dial(
  options: TlsOptions & { readonly policy?: string; readonly of?: InProcessPart } = {},
): Promise<Dialled> {
  const { policy = 'recovery', of = part, ...tls } = options;
  const credential = tls.cert === undefined ? await fleet.server() : {};
  const asking = { ...fleet.demandsDevice, rejectUnauthorized: false };
  const server = await echoServer({ ...credential, ...asking, ...tls });
  ends.push(() => server.close());
  const target = { host: '127.0.0.1', port: server.port, serverName: SERVER_NAME };
  const connection = stream({ part: of.host, policy, ...target });
  ends.push(() => connection.destroy());
  return { connection, nextSocket: () => server.nextSocket() };
}

async function failBoot(of: InProcessPart): Promise<void> {
  const images = await fleet.release();
  await of.call(commands.bootBegin, {});
  const wrong = { ...images, firmwareManifest: images.configurationManifest, laterStages: [] };
  await assert.rejects(of.call(commands.bootVerify, wrong), { code: 'KS-C120' });
}

const situations: Readonly<Record<string, (of: InProcessPart) => Promise<unknown>>> = {
  'before the boot was measured': async () => {},
  'while it is measured': (of) => of.call(commands.bootBegin, {}),
  'after it has failed': failBoot,
  'after it has passed': (of) => fleet.boot(of.host),
  'after a tamper event': async (of) => {
    await fleet.boot(of.host);
    await of.tamper();
  },
};

describe('a session for recovery', () => {
  for (const [when, happen] of Object.entries(situations)) {
    it(`works ${when}, and answers a CertificateRequest with an empty certificate`, async () => {
      await happen(part);
      const { connection, nextSocket } = await dial();
      const [socket] = await Promise.all([nextSocket(), once(connection, 'secureConnect')]);
      assert.deepEqual(socket.getPeerCertificate(), {});
      connection.write('report');
      assert.equal(String((await once(connection, 'data'))[0]), 'report');
      const status = await part.call(commands.tlsStatus, { handle: 1 });
      assert.partialDeepStrictEqual(status, { purpose: 'recovery', clientAuthenticated: false, resumed: false });
      const { entries } = await part.call(commands.traceRead, { handle: 1, from: 0 });
      const names = entries.map(({ name }) => name);
      assert.ok(names.includes('CertificateRequest'), 'it was asked');
      assert.ok(!names.some((name) => name.startsWith('signature')), 'and signed nothing');
      // Four bytes of header, an empty context and an empty list.
      const sent = entries.find(({ direction, name }) => direction === 'sent' && name === 'Certificate');
      assert.equal(sent?.length, 4 + 1 + 3);
    });
  }

  it('shows nothing of the device in TLS 1.2 either, where a policy for recovery lists that', async () => {
    const { connection, nextSocket } = await dial({ policy: 'older', maxVersion: 'TLSv1.2' });
    const [socket] = await Promise.all([nextSocket(), once(connection, 'secureConnect')]);
    assert.deepEqual(socket.getPeerCertificate(), {});
    assert.equal(socket.getProtocol(), 'TLSv1.2');
    assert.partialDeepStrictEqual(await connection.session(), { clientAuthenticated: false, resumed: false });
  });

  it('is the only kind that works without a verified boot', async () => {
    const open = { policy: 'fleet', serverName: SERVER_NAME };
    for (const happen of ['before the boot was measured', 'while it is measured', 'after it has failed']) {
      const fresh = operational.fork();
      await situations[happen]?.(fresh);
      await assert.rejects(fresh.call(commands.tlsOpen, open), { code: 'KS-C112' }, happen);
    }
    const tampered = operational.fork();
    await tampered.tamper();
    await assert.rejects(tampered.call(commands.tlsOpen, open), { code: 'KS-C113' });
  });

  it('gets nowhere with a server that demands a certificate', async () => {
    const { connection } = await dial({ rejectUnauthorized: true });
    const [error] = (await once(connection, 'error')) as [Error & { code: string }];
    assert.match(error.code, /^KS-T1(05|19)$/);
  });

  it('verifies the server: its root, its name, and that the policy lists it exactly', async () => {
    const issuer = await strangerAuthority(fleet.clock.ms);
    const refused: readonly (readonly [string, Promise<{ key: string; cert: string }>])[] = [
      ['KS-P101', fleet.server({ issuer })],
      ['KS-P104', fleet.server({ names: ['other.test'] })],
    ];
    for (const [code, credential] of refused) {
      const { connection } = await dial(await credential);
      await assert.rejects(dialAndEcho(connection), { code });
    }
    for (const serverName of ['other.test', `a.${SERVER_NAME}`, '127.0.0.1']) {
      const open = { policy: 'recovery', serverName };
      await assert.rejects(part.call(commands.tlsOpen, open), { code: 'KS-C161' }, serverName);
    }
  });

  it('never resumes, however many tickets the server gives', async () => {
    const servers = new TicketingServers(fleet);
    ends.push(() => servers.close());
    const connect = await servers.start({ rejectUnauthorized: false });
    for (let each = 0; each < 3; each++) assert.equal((await connect(part, { policy: 'recovery' })).resumed, false);
  });

  it('proves nothing of the boot: the counters do not move on its word', async () => {
    await fleet.boot(part.host);
    const { connection } = await dial();
    await dialAndEcho(connection);
    await assert.rejects(part.call(commands.bootCommit, {}), { code: 'KS-C122' });
  });

  it('ends the chance to be measured: what speaks TLS is no first-stage loader', async () => {
    await part.call(commands.tlsOpen, { policy: 'recovery', serverName: SERVER_NAME });
    await assert.rejects(fleet.boot(part.host), { code: 'KS-C114' });
  });

  it('is given up after ten powered seconds of handshake, like any other', async () => {
    const { handle } = await part.call(commands.tlsOpen, { policy: 'recovery', serverName: SERVER_NAME });
    part.clock.pass(10_001);
    assert.equal((await part.call(commands.tlsPull, { handle })).failure?.code, 'KS-C165');
  });
});

describe('the byte budget of recovery', () => {
  /** Echoes until the part has had enough; gives the bytes that the application got. */
  async function useUp(policy = 'small'): Promise<number> {
    const { connection } = await dial({ policy });
    let received = 0;
    connection.on('data', (chunk: Buffer) => {
      received += chunk.length;
      connection.write(Buffer.alloc(1000));
    });
    connection.write(Buffer.alloc(1000));
    const [error] = (await once(connection, 'error')) as [Error & { code: string; detail: string }];
    assert.equal(error.code, 'KS-C168');
    assert.equal(error.detail, `policy '${policy}' moves at most 20000 bytes between two resets`);
    return received;
  }

  async function statusOfOpening(policy: string): Promise<string> {
    const answer = await part.chip.handle(encodeRequest(commands.tlsOpen, { policy, serverName: SERVER_NAME }));
    const response = decodeResponse(commands.tlsOpen.result, answer);
    return response.kind === 'refused' ? `${response.refusal.status} ${response.refusal.code}` : 'ok';
  }

  /** The rest of a budget that is too small for one more exchange is used up by handshakes. */
  async function exhaust(): Promise<void> {
    await useUp();
    for (let each = 0; each < 200 && (await statusOfOpening('small')) === 'ok'; each++) part.clock.pass(10_001);
    assert.equal(await statusOfOpening('small'), 'limit KS-C168');
  }

  it('ends a session in the middle, counts what both directions moved, and refuses the next one', async () => {
    const received = await useUp();
    assert.ok(received >= 5000 && received * 2 < BUDGET, `${received} bytes came back`);
    await exhaust();
  });

  it('belongs to one policy: others go on', async () => {
    await fleet.boot(part.host);
    await exhaust();
    const { connection } = await dial({ policy: 'other' });
    await dialAndEcho(connection);
    const { connection: ordinary } = await dial({ policy: 'fleet' });
    await dialAndEcho(ordinary);
  });

  it('is not given anew by anything that software on the host can do', async () => {
    await fleet.boot(part.host);
    await exhaust();
    await part.call(commands.reset, {});
    assert.equal(await statusOfOpening('small'), 'limit KS-C168');
    await assert.rejects(part.call(commands.bootBegin, {}), { code: 'KS-C114' });
    await fleet.tellTime(part.host, part.clock.ms + 1000);
    assert.equal(await statusOfOpening('small'), 'limit KS-C168');
    await part.tamper();
    assert.equal(await statusOfOpening('small'), 'limit KS-C168');
  });

  for (const [what, happen] of [
    ['the reset line', () => part.chip.assertResetLine()],
    ['power', () => part.powerCycle()],
  ] as const) {
    it(`begins anew with ${what}`, async () => {
      await exhaust();
      happen();
      const { connection } = await dial({ policy: 'small' });
      await dialAndEcho(connection);
    });
  }

  it('is not spent by BOOT_BEGIN either, which ends the sessions', async () => {
    part.chip.assertResetLine();
    await part.call(commands.bootBegin, {});
    await exhaust();
    const none = new Uint8Array(0);
    await assert.rejects(
      part.call(commands.bootVerify, { firmwareManifest: none, configurationManifest: none, laterStages: [] }),
      {
        code: 'KS-C120',
      },
    );
    assert.equal(await statusOfOpening('small'), 'limit KS-C168');
  });
});
