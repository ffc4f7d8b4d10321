import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import tls from 'node:tls';
import { configurationManifest, type Es256Signer, firmwareManifest, timeToken } from '@keystile/cose';
import {
  anchorsFields,
  type Command,
  callCommand,
  chainFields,
  commands,
  encodeField,
  type ObjectName,
  type Policy,
  policiesFields,
  type TlsProgress,
} from '@keystile/link';
import { issueClientCertificate, issueRootCa, issueServerCertificate } from '@keystile/pki/issue';
import { certificateDigest } from '@keystile/pki/path';
import { TicketStore } from '@keystile/tls';
import { PartMemory } from '../../src/memory/part-memory.ts';
import { type PartState, unmadeState } from '../../src/memory/part-state.ts';
import type { Slot, SlotStorage } from '../../src/ports.ts';
import { SecurePart } from '../../src/secure-part.ts';
import { dropEventOf, resumptionOf } from '../../src/sessions/resumption.ts';
import { SessionTable } from '../../src/sessions/session-table.ts';
import { SoftwareVault } from '../../src/vault/software-vault.ts';

const nowMs = Date.now();
const hourMs = 3_600_000;
const validity = { fromMs: nowMs - hourMs, untilMs: nowMs + 48 * hourMs };
const images = { firmware: randomBytes(100), configuration: randomBytes(50) };

/** What two certificates and three signing keys cost is paid once for all tests. */
class World {
  readonly bootKey = ecKey();
  readonly timeKey = ecKey();
  readonly root: Awaited<ReturnType<typeof issueRootCa>>;
  readonly server: { readonly key: KeyObject; readonly pem: string };
  readonly ticketKeys = randomBytes(48);

  private constructor(root: World['root'], server: World['server']) {
    this.root = root;
    this.server = server;
  }

  static async make(): Promise<World> {
    const subject = { organization: 'test', commonName: 'Root' };
    const root = await issueRootCa({ key: ecKey(), subject, validity, pathLengthMax: 1 });
    const key = ecKey();
    const { pem } = await issueServerCertificate({ ...leaf(root, spkiOf(key), 'server'), names: ['broker.test'] });
    return new World(root, { key, pem });
  }
}

function ecKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function spkiOf(key: KeyObject): Uint8Array {
  const jwk = key.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from(jwk.x ?? '', 'base64url'), Buffer.from(jwk.y ?? '', 'base64url')]);
  return Buffer.concat([Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex'), point]);
}

function leaf(issuer: World['root'], publicKey: Uint8Array, commonName: string) {
  return { issuer, publicKey, validity, subject: { organization: 'test', commonName } };
}

function signer(key: KeyObject): Es256Signer {
  return (input) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
}

class RamSlots implements SlotStorage {
  readonly #slots: (Uint8Array | undefined)[] = [undefined, undefined];

  read(slot: Slot): Uint8Array | undefined {
    return this.#slots[slot];
  }

  write(slot: Slot, bytes: Uint8Array): void {
    this.#slots[slot] = bytes.slice();
  }
}

/** An operational part and the board around it. */
class Board {
  readonly part: SecurePart;
  readonly #world: World;
  poweredMs = 0;

  private constructor(world: World, part: (board: Board) => SecurePart) {
    this.#world = world;
    this.part = part(this);
  }

  static async make(world: World, policy: Partial<Policy> = {}): Promise<Board> {
    const ports = { nvm: new RamSlots(), fuses: new RamSlots(), random: randomBytes };
    const memory = PartMemory.open(ports);
    const vault = new SoftwareVault(() => memory.fuseRecord);
    const key = await vault.generate('ldevid');
    const request = { ...leaf(world.root, key.publicKey, 'device'), identity: 'urn:keystile:test:device:1' };
    const { chain } = await issueClientCertificate(request);
    const stored: Policy = {
      name: 'fleet',
      anchorDigests: [certificateDigest(world.root.der)],
      serverNames: ['broker.test'],
      alpn: ['mqtt'],
      alpnRequired: false,
      clientKey: 'ldevid',
      versions: ['1.3'],
      cipherSuites: ['TLS_AES_128_GCM_SHA256'],
      groups: ['X25519'],
      tokenAgeHoursMax: 0,
      resumption: true,
      ...policy,
    };
    const objects = new Map<ObjectName, Uint8Array>([
      ['anchors', encodeField(anchorsFields, [world.root.der])],
      ['ldevid-chain', encodeField(chainFields, chain)],
      ['policies', encodeField(policiesFields, [stored])],
      ['boot-key', spkiOf(world.bootKey)],
      ['time-key', spkiOf(world.timeKey)],
    ]);
    memory.commit(() => ({
      ...unmadeState,
      lifeCycle: 'operational',
      serial: 'KS-1',
      model: 'M1',
      objects,
      keys: new Map([['ldevid', key]]),
      timeFloorMs: nowMs,
      lastTokenMs: nowMs,
    }));
    const board = new Board(world, (self) => new SecurePart({ ...ports, poweredMs: () => self.poweredMs }));
    await board.boot();
    return board;
  }

  call<Request, Result>(command: Command<Request, Result>, request: Request): Promise<Result> {
    return callCommand((bytes) => this.part.handle(bytes), command, request);
  }

  async boot(): Promise<void> {
    const digest = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
    const { firmware, configuration } = images;
    await this.call(commands.bootBegin, {});
    await this.call(commands.bootUpdate, { image: 'firmware', bytes: firmware });
    await this.call(commands.bootUpdate, { image: 'configuration', bytes: configuration });
    const sealed = signer(this.#world.bootKey);
    await this.call(commands.bootVerify, {
      firmwareManifest: await firmwareManifest.sign(
        {
          model: 'M1',
          version: 1,
          imageDigest: digest(firmware),
          imageLength: firmware.length,
          laterStages: [],
        },
        sealed,
      ),
      configurationManifest: await configurationManifest.sign(
        { model: 'M1', version: 1, digest: digest(configuration), length: configuration.length },
        sealed,
      ),
    });
  }

  /** Connects to the server of the world; whether it resumed is the server's word. The session stays open. */
  async connect(
    serverOptions: tls.SecureContextOptions = {},
  ): Promise<{ readonly resumed: boolean; readonly handle: number; readonly peerName: string }> {
    const [near, far] = duplexPair();
    const { server, root, ticketKeys } = this.#world;
    const secureContext = tls.createSecureContext({
      key: server.key.export({ type: 'pkcs8', format: 'pem' }),
      cert: server.pem,
      ca: root.pem,
      ticketKeys,
      sessionIdContext: 'test',
      ...serverOptions,
    });
    const options = { isServer: true, secureContext, requestCert: true, rejectUnauthorized: true };
    const socket = new tls.TLSSocket(far, options);
    socket.on('error', () => {});
    sockets.push(socket);
    const greeted = once(socket, 'secure').then(() => socket.write('greeting'));
    const { handle, progress } = await this.call(commands.tlsOpen, { policy: 'fleet', serverName: 'broker.test' });
    await this.#carry(near, handle, progress);
    await greeted;
    return { resumed: socket.isSessionReused(), handle, peerName: String(socket.getPeerCertificate().subject.CN) };
  }

  /** Carries bytes until the server's greeting has come: its tickets were before it. */
  async #carry(network: Duplex, handle: number, opened: TlsProgress): Promise<void> {
    let progress = opened;
    network.write(progress.outgoing);
    for await (const bytes of network.iterator({ destroyOnReturn: false })) {
      progress = await this.call(commands.tlsPush, { handle, bytes });
      assert.equal(progress.failure, undefined);
      if (progress.outgoing.length > 0) network.write(progress.outgoing);
      if (progress.readable > 0) return;
    }
  }
}

const sockets: tls.TLSSocket[] = [];
let world: World;
before(async () => {
  world = await World.make();
});
after(() => {
  for (const socket of sockets) socket.destroy();
});

describe('a part whose policy permits resumption', () => {
  it('resumes without a signature, and is still the authenticated device', async () => {
    const board = await Board.make(world);
    assert.equal((await board.connect()).resumed, false);
    const { resumed, handle, peerName } = await board.connect();
    assert.deepEqual([resumed, peerName], [true, 'device']);
    assert.equal((await board.call(commands.tlsStatus, { handle })).clientAuthenticated, true);
    const { entries } = await board.call(commands.traceRead, { handle, from: 0 });
    assert.ok(entries.some(({ name }) => name === 'state ExpectResumedFinished'));
    assert.ok(!entries.some(({ name }) => name.startsWith('signature')));
  });

  it('does so with a server that has TLS 1.2 only, where the policy lists that too', async () => {
    const older = { maxVersion: 'TLSv1.2' } as const;
    const board = await Board.make(world, {
      versions: ['1.3', '1.2'],
      cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
      groups: ['X25519', 'P-256'],
    });
    assert.equal((await board.connect(older)).resumed, false);
    const { resumed, handle, peerName } = await board.connect(older);
    assert.deepEqual([resumed, peerName], [true, 'device']);
    const { protocol, cipherSuite, clientAuthenticated } = await board.call(commands.tlsStatus, { handle });
    assert.deepEqual(
      [protocol, cipherSuite, clientAuthenticated],
      ['TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', true],
    );
    await assert.rejects(board.call(commands.tlsKeyUpdate, { handle }), { code: 'KS-T163' });
  });

  const events: readonly (readonly [string, (board: Board) => Promise<void>])[] = [
    ['the reset line and a new boot', async (board) => board.part.assertResetLine()],
    ['RESET on the bus', async (board) => void (await board.call(commands.reset, {}))],
    [
      'a time token',
      async (board) => {
        const { nonce } = await board.call(commands.timeChallenge, {});
        const token = await timeToken.sign({ serial: 'KS-1', nonce, utcMs: nowMs + 1000 }, signer(world.timeKey));
        await board.call(commands.timeToken, { token });
      },
    ],
    ['BOOT_COMMIT, which moves the counters', async (board) => void (await board.call(commands.bootCommit, {}))],
  ];
  for (const [name, happen] of events) {
    it(`has a full handshake after ${name}`, async () => {
      const board = await Board.make(world);
      await board.connect();
      await happen(board);
      if (name.startsWith('the reset line')) await board.boot();
      assert.equal((await board.connect()).resumed, false);
      assert.equal((await board.connect()).resumed, true, 'and resumes again after that one');
    });
  }

  it('has no handshake at all after a tamper event, ticket or not', async () => {
    const board = await Board.make(world);
    await board.connect();
    await board.part.tamper('pin');
    await assert.rejects(board.connect(), { code: 'KS-C113' });
  });

  it('counts the age of a ticket in powered time', async () => {
    const board = await Board.make(world);
    await board.connect();
    // OpenSSL says two hours.
    board.poweredMs += 2 * hourMs - 1;
    assert.equal((await board.connect()).resumed, true);
    board.poweredMs += 1;
    assert.equal((await board.connect()).resumed, false);
  });
});

describe('a part whose policy says nothing of resumption', () => {
  it('has a full handshake each time', async () => {
    const board = await Board.make(world, { resumption: false });
    await board.connect();
    assert.equal((await board.connect()).resumed, false);
  });

  it('never resumes under a policy without a client key, which is for recovery', () => {
    const policy = { resumption: true, clientKey: 'none' } as Policy;
    const tickets = new TicketStore();
    assert.equal(resumptionOf({ tickets, state: unmadeState, policy, nowMs: () => 0 }), undefined);
  });
});

describe('an event of the part', () => {
  const state: PartState = { ...unmadeState, lifeCycle: 'operational' };
  const changes: readonly (readonly [string, Partial<PartState>])[] = [
    ['boot', { bootCount: 1 }],
    ['boot', { firmwareVersionMin: 1 }],
    ['boot', { configurationVersionMin: 1 }],
    ['key', { keys: new Map() }],
    ['time-floor', { timeFloorMs: 1 }],
    ['time-floor', { lastTokenMs: 1 }],
    ['administration', { objects: new Map([['anchors', Uint8Array.of(1)]]) }],
    ['administration', { lifeCycle: 'terminated' }],
    ['pairing', { objects: new Map([['host-pairing-key', Uint8Array.of(1)]]) }],
  ];
  for (const [event, change] of changes) {
    it(`is ${event} when ${Object.keys(change).join()} changes in the memory`, () => {
      assert.equal(dropEventOf(state, { ...state, ...change }), event);
    });
  }

  it('is none when nothing changed', () => {
    assert.equal(dropEventOf(state, { ...state }), undefined);
  });

  for (const event of ['boot', 'tamper'] as const) {
    it(`empties the store together with the sessions (${event})`, () => {
      const table = new SessionTable();
      const lease = table.tickets.lease('key');
      table.discardAll(event);
      assert.equal(table.tickets.lastDrop, event);
      assert.equal(lease.isCurrent(), false);
    });
  }
});
