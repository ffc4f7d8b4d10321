import assert from 'node:assert/strict';
import { createPublicKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { provisionPart } from '@keystile/authority';
import { type PartMemory, type RandomSource, SoftwareVault } from '@keystile/chip';
import { type DeviceStream, HostPairing, type PairingCheck, stream } from '@keystile/device';
import {
  callCommand,
  commands,
  decodeRequest,
  type Exchange,
  encodeAccepted,
  encodeRequest,
  HostExchange,
  LinkPairing,
  type PairBegin,
  PartExchange,
  X25519Key,
  x25519Spki,
} from '@keystile/link';
import { echoServer, InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';
import { replaceHostPairingKey } from '../../src/pairing/replace-host-pairing-key.ts';
import { dialAndEcho } from '../support/connect.ts';
import { type Stages, stagesOf } from '../support/stages.ts';

let fleet: TestFleet;
let stages: Stages;
before(async () => {
  fleet = await TestFleet.create();
  stages = await stagesOf(fleet);
});
after(() => fleet.remove());

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const anybody: PairingCheck = () => {};

/** Requests to the part on a link of their own, in clear. */
function clearLink(part: InProcessPart): Exchange {
  const pairing = new LinkPairing();
  return (request) => part.chip.handle(request, { sealedBy: undefined, pairing });
}

/** Whoever has the bus: an exchange with the part in the host's place, and one with the host in the part's place. */
class ManInTheMiddle {
  readonly key: X25519Key = new X25519Key(random(32));
  readonly #toPart: Exchange;
  readonly #changes: { readonly toPart?: Partial<PairBegin>; readonly claimsPartKey?: true };

  constructor(part: InProcessPart, changes: { toPart?: Partial<PairBegin>; claimsPartKey?: true } = {}) {
    this.#toPart = clearLink(part);
    this.#changes = changes;
  }

  /** What the host's bus gets to. */
  readonly exchange: Exchange = async (request) => {
    if (request[0] !== commands.pairBegin.opcode) return encodeAccepted(commands.pairFinish.result, {});
    const withPart = new HostExchange({ staticKey: this.key, random });
    const begun = await callCommand(this.#toPart, commands.pairBegin, { ...withPart.request, ...this.#changes.toPart });
    const withHost = new PartExchange({ staticKey: this.key, random }, decodeRequest(commands.pairBegin, request));
    const answer = { ...withHost.answer, evidence: begun.evidence };
    const partKey = this.#changes.claimsPartKey === true ? begun.partKey : answer.partKey;
    return encodeAccepted(commands.pairBegin.result, { ...answer, partKey });
  };
}

describe('a first pairing', () => {
  async function made(): Promise<InProcessPart> {
    const part = new InProcessPart({ clock: fleet.clock });
    await fleet.make(part);
    return part;
  }
  const line = () => {
    const { fleet: keys, registry, policies } = fleet;
    return { fleet: keys, registry, model: 'KS-AC-1', lot: 'lot-1', policies, now: fleet.clock.now };
  };

  it('is found out when somebody stands between host and part, and nothing is locked', async () => {
    for (const changes of [{}, { claimsPartKey: true as const }]) {
      const part = await made();
      const middle = new ManInTheMiddle(part, changes);
      const host = HostPairing.create();
      const pair = async (check: PairingCheck): Promise<void> => void (await host.openChannel(middle.exchange, check));
      const attempt = provisionPart({ call: (command, request) => part.call(command, request), pair }, line());
      await assert.rejects(attempt, { code: 'claimsPartKey' in changes ? 'KS-L115' : 'KS-A114' });
      assert.equal((await part.call(commands.info, {})).lifeCycle, 'blank');
    }
  });

  it('is found out when the host’s key alone is replaced on its way to the part', async () => {
    const part = await made();
    const host = HostPairing.create();
    const inClear = clearLink(part);
    const thief = new X25519Key(random(32));
    const spoilt: Exchange = (request) => {
      if (request[0] !== commands.pairBegin.opcode) return inClear(request);
      const changed = request.slice();
      changed.set(thief.publicKey, 1);
      return inClear(changed);
    };
    const pair = async (check: PairingCheck): Promise<void> => void (await host.openChannel(spoilt, check));
    const attempt = provisionPart({ call: (command, request) => part.call(command, request), pair }, line());
    await assert.rejects(attempt, { code: 'KS-L115' });
  });

  it('needs the session of a factory line', async () => {
    const part = stages.blank.fork();
    await assert.rejects(part.pair(anybody), { code: 'KS-C171' });
    await assert.rejects(stages.unmade.fork().pair(anybody), { code: 'KS-C110' });
    assert.equal(
      (await part.call(commands.list, {})).objects.some(({ object }) => object === 'host-pairing-key'),
      false,
    );
  });

  it('comes to nothing when the host does not believe the part, whatever it has seen', async () => {
    const part = stages.blank.fork();
    await part.call(commands.provisionBegin, { lineNonce: random(32), linePublicKey: lineKey() });
    const doubt: PairingCheck = ({ evidence }) => {
      assert.ok(evidence.length > 100);
      throw new Error('not my part');
    };
    await assert.rejects(part.pair(doubt), /not my part/);
    assert.equal(part.host.pairing?.partKey, undefined);
    assert.equal(
      (await part.call(commands.list, {})).objects.some(({ object }) => object === 'host-pairing-key'),
      false,
    );
  });

  it('may be made anew until the lock, and stays with the last host', async () => {
    const part = stages.blank.fork();
    await part.call(commands.provisionBegin, { lineNonce: random(32), linePublicKey: lineKey() });
    await part.pair(anybody);
    const second = HostPairing.create();
    part.changeHost(second);
    await part.pair(anybody);
    const { bytes } = await part.call(commands.read, { object: 'host-pairing-key', offset: 0, lengthMax: 64 });
    assert.deepEqual(bytes.slice(), x25519Spki(second.publicKey));
  });

  function lineKey(): Uint8Array {
    return new Uint8Array(createPublicKey(fleet.fleet.keys.line).export({ format: 'der', type: 'spki' }));
  }
});

describe('a part that was locked with its host', () => {
  it('obeys nobody in clear but for INFO, STATUS and the exchange, whatever it is asked', async () => {
    const part = stages.operational.fork();
    await part.call(commands.list, {});
    const inClear = clearLink(part);
    await callCommand(inClear, commands.info, {});
    await callCommand(inClear, commands.status, {});
    await assert.rejects(callCommand(inClear, commands.list, {}), { code: 'KS-C170' });
    await assert.rejects(callCommand(inClear, commands.bootBegin, {}), { code: 'KS-C170' });
    const open = { policy: 'recovery', serverName: SERVER_NAME };
    await assert.rejects(callCommand(inClear, commands.tlsOpen, open), { code: 'KS-C170' });
    const refused = await part.chip.handle(encodeRequest(commands.random, { length: 4 }));
    assert.equal(refused[0], 10, 'the status is pairing');
    const { bootArmed, sessionsOpen } = await part.call(commands.status, {});
    assert.deepEqual([bootArmed, sessionsOpen], [true, 0], 'a stranger moves nothing');
    await fleet.boot(part.host);
  });

  it('refuses another host, and one that only names the host’s key', async () => {
    const { partKey, publicKey } = stages.operational.host.pairing ?? assert.fail();
    const stranger = HostPairing.create().withPart(partKey ?? assert.fail());
    const moved = stages.operational.fork(stranger);
    await assert.rejects(moved.call(commands.list, {}), { code: 'KS-C172', message: /this is [0-9a-f]{16}/ });

    const inClear = clearLink(moved);
    const thief = new HostExchange({ staticKey: new X25519Key(random(32)), random });
    await callCommand(inClear, commands.pairBegin, { ...thief.request, hostKey: publicKey });
    await assert.rejects(callCommand(inClear, commands.pairFinish, { confirmation: random(32) }), { code: 'KS-C173' });
    await assert.rejects(callCommand(inClear, commands.pairFinish, { confirmation: random(32) }), { code: 'KS-C174' });
  });

  it('takes a confirmation only on the link on which its exchange began', async () => {
    const part = stages.operational.fork();
    const pairing = part.host.pairing ?? assert.fail();
    const [one, other] = [clearLink(part), clearLink(part)];
    const split: Exchange = (request) => (request[0] === commands.pairBegin.opcode ? one : other)(request);
    await assert.rejects(pairing.openChannel(split), { code: 'KS-C174' });
    await pairing.openChannel(one);
  });

  it('is not to be impersonated at a restart: with a key of its own the middle is another part, with the part’s it has no proof', async () => {
    const part = stages.operational.fork();
    const host = part.host.pairing ?? assert.fail();
    const asHost = { toPart: { hostKey: host.publicKey } };
    await assert.rejects(host.openChannel(new ManInTheMiddle(part, asHost).exchange), { code: 'KS-D120' });
    const asBoth = new ManInTheMiddle(part, { ...asHost, claimsPartKey: true });
    await assert.rejects(host.openChannel(asBoth.exchange), { code: 'KS-L115' });
    await assert.rejects(host.openChannel(new ManInTheMiddle(part).exchange), { code: 'KS-C172' });
  });

  it('is told from another part of the same host', async () => {
    const pairing = stages.operational.host.pairing ?? assert.fail();
    const second = new InProcessPart({ clock: fleet.clock, pairing: new HostPairing(pairing.exportPrivateKey()) });
    await fleet.provision(second);
    await assert.rejects(second.fork(pairing).call(commands.list, {}), { code: 'KS-D120' });
    await second.call(commands.list, {});
  });

  it('works on when its host is started anew, and TLS sessions with it', async () => {
    const part = stages.operational.fork();
    const { handle } = await part.call(commands.tlsOpen, { policy: 'recovery', serverName: SERVER_NAME });
    part.changeHost(part.host.pairing ?? assert.fail());
    assert.equal((await part.call(commands.tlsStatus, { handle })).phase, 'handshaking');
  });

  it('knows its host after a start of its own, with the same key and a new channel', async () => {
    const part = stages.operational.fork();
    await part.call(commands.list, {});
    const before = exchangesIn(part);
    part.powerCycle();
    await part.call(commands.list, {});
    assert.deepEqual([before.length, exchangesIn(part).length], [1, 1]);
    assert.notDeepEqual(exchangesIn(part), before, 'the ephemeral key is a fresh one');
  });

  it('talks to its host, and to nobody else, when it was tampered with', async () => {
    const part = stages.operational.fork();
    await part.tamper();
    part.powerCycle();
    await part.call(commands.list, {});
    await part.call(commands.tlsOpen, { policy: 'recovery', serverName: SERVER_NAME });
    part.changeHost(HostPairing.create());
    await assert.rejects(part.call(commands.list, {}), { code: 'KS-C170' });
  });

  /** PAIR_BEGIN as the bus saw it. */
  function exchangesIn(part: InProcessPart): Uint8Array[] {
    return part.bus.transactions.filter((each) => each[0] === 0xa7 && each[5] === commands.pairBegin.opcode);
  }
});

describe('re-pairing', () => {
  /** A provisioned part, and its memory as a command of the administrator would have it. */
  async function partWithMemory(): Promise<{ part: InProcessPart; memory: PartMemory }> {
    let memory: PartMemory | undefined;
    const vault = (of: PartMemory, random: RandomSource): SoftwareVault => {
      memory = of;
      return new SoftwareVault(() => of.fuseRecord, random);
    };
    const part = new InProcessPart({ clock: fleet.clock, vault });
    await fleet.provision(part);
    return { part, memory: memory ?? assert.fail() };
  }

  it('makes the channels of the host before worthless at once, and lets the new host in', async () => {
    const { part, memory } = await partWithMemory();
    await part.call(commands.list, {});
    const old = part.host.pairing ?? assert.fail();
    const next = HostPairing.create().withPart(old.partKey ?? assert.fail());
    replaceHostPairingKey({ memory }, x25519Spki(next.publicKey));
    await assert.rejects(part.call(commands.list, {}), { code: 'KS-C170' });
    part.changeHost(next);
    await part.call(commands.list, {});
    part.powerCycle();
    await part.call(commands.list, {});
    part.changeHost(old);
    await assert.rejects(part.call(commands.list, {}), { code: 'KS-C172' });
  });

  it('takes an X25519 key only, writes nothing else, and the same key not twice', async () => {
    const { memory } = await partWithMemory();
    const { generation } = memory;
    for (const key of [random(44), x25519Spki(random(32)).subarray(1), new Uint8Array(0)]) {
      assert.throws(() => replaceHostPairingKey({ memory }, key), { code: 'KS-C143' });
    }
    assert.equal(memory.generation, generation);
    const key = x25519Spki(HostPairing.create().publicKey);
    for (let time = 0; time < 2; time++) replaceHostPairingKey({ memory }, key);
    assert.equal(memory.generation, generation + 1);
  });
});

describe('a channel that somebody breaks under two streams', () => {
  it('ends the one whose command was under way, with a code; the other goes on, and a new one can be made', async () => {
    const part = stages.operational.fork();
    await fleet.boot(part.host);
    const server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice });
    const dial = (): DeviceStream =>
      stream({ part: part.host, policy: 'fleet', host: '127.0.0.1', port: server.port, serverName: SERVER_NAME });
    try {
      const [first, second] = [dial(), dial()];
      await Promise.all([once(first, 'secureConnect'), once(second, 'secureConnect')]);
      const idle = await part.call(commands.status, {});
      assert.equal(idle.sessionsOpen, 2);
      await breakChannel(part);
      const failed = once(first, 'error');
      first.write('lost');
      const [error] = (await failed) as [Error & { code: string }];
      assert.equal(error.code, 'KS-L110');
      await dialAndEcho(second, 'still here');
      await dialAndEcho(dial(), 'and a new one');
    } finally {
      await server.close();
    }
  });

  /** Another frame under the number of the last one. */
  async function breakChannel(part: InProcessPart): Promise<void> {
    const last = part.bus.transactions.findLast((each) => each[0] === 0xa7 && each.length > 5) ?? assert.fail();
    const frame = last.slice();
    frame[6] = (frame[6] ?? 0) ^ 0x01;
    const view = new DataView(frame.buffer);
    view.setUint16(frame.length - 2, crc16(frame.subarray(1, -2)));
    await part.bus.write(frame);
  }

  /** CRC-16/IBM-3740, bit by bit. */
  function crc16(bytes: Uint8Array): number {
    let remainder = 0xffff;
    for (const byte of bytes) {
      remainder ^= byte << 8;
      for (let bit = 0; bit < 8; bit++) remainder = ((remainder << 1) ^ (remainder & 0x8000 ? 0x1021 : 0)) & 0xffff;
    }
    return remainder;
  }
});

describe('a probe on the bus', () => {
  const text = 'twenty-one degrees in the living room';

  async function busOf(part: InProcessPart): Promise<Buffer> {
    await fleet.boot(part.host);
    const server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice });
    try {
      const { port } = server;
      const connection = stream({ part: part.host, policy: 'fleet', host: '127.0.0.1', port, serverName: SERVER_NAME });
      await dialAndEcho(connection, text);
    } finally {
      await server.close();
    }
    return Buffer.concat(part.bus.transactions);
  }

  it('sees neither what the application says nor to whom', async () => {
    const seen = await busOf(stages.operational.fork());
    for (const word of [text, text.slice(10, 20), SERVER_NAME, 'fleet', 'firmware']) {
      assert.equal(seen.includes(word), false, word);
    }
  });

  it('sees both on a part that is paired with nobody: the search would find them', async () => {
    const seen = await busOf(stages.unpaired.fork());
    for (const word of [text, SERVER_NAME, 'fleet']) assert.equal(seen.includes(word), true, word);
  });
});
