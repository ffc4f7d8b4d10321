import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { fromHex, toHex } from '@keystile/bytes';
import { RecordProtection } from '../../src/record/protection.ts';
import { Secret } from '../../src/schedule/secret.ts';
import {
  ApplicationStage,
  ApplicationTraffic,
  EarlyStage,
  ExporterSecret,
  HandshakeStage,
  HandshakeTraffic,
  Psk,
  ResumptionSecret,
  startResumedSchedule,
  startSchedule,
} from '../../src/schedule/stages.ts';
import { suiteParameters } from '../../src/suites.ts';

/** RFC 8448 §3, "Simple 1-RTT Handshake". */
const rfc8448 = {
  sharedSecret: '8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d',
  helloHash: '860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8',
  clientHandshakeKey: 'dbfaa693d1762c5b666af5d950258d01',
  clientHandshakeIv: '5bd3c71b836e0b76bb73265f',
  serverHandshakeKey: '3fce516009c21727d0f2e4e86ee403bc',
  serverHandshakeIv: '5d313eb2671276ee13000b30',
  finishedHash: '9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13',
  clientFinished: 'a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61',
  clientApplicationSecret: '9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5',
  serverApplicationSecret: 'a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643',
  exporterSecret: 'fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50',
  clientFinishedHash: '209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d',
  ticketNonce: '0000',
  /** §4, "Resumed 0-RTT Handshake": the same session's ticket in the next connection. */
  binderHash: '63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14',
  binder: '3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d',
} as const;

const suite = suiteParameters.TLS_AES_128_GCM_SHA256;
const someContent = new TextEncoder().encode('what one key seals, the same key seals alike');

function handshakeStage(): HandshakeStage {
  return startSchedule(suite).handshake(fromHex(rfc8448.sharedSecret), fromHex(rfc8448.helloHash));
}

/** The protection of one known traffic secret, derived by a slow and obvious twin of HKDF-Expand-Label. */
function protectionOf(secret: Uint8Array): RecordProtection {
  return new RecordProtection(suite, obviousExpand(secret, 'key', [], 16), obviousExpand(secret, 'iv', [], 12));
}

function obviousExpand(secret: Uint8Array, label: string, context: readonly number[], length: number): Uint8Array {
  const fullLabel = [...Buffer.from(`tls13 ${label}`)];
  const info = [length >> 8, length & 255, fullLabel.length, ...fullLabel, context.length, ...context];
  let output: number[] = [];
  let block: number[] = [];
  for (let counter = 1; output.length < length; counter++) {
    block = [
      ...createHmac('sha256', secret)
        .update(Uint8Array.from([...block, ...info, counter]))
        .digest(),
    ];
    output = [...output, ...block];
  }
  return Uint8Array.from(output.slice(0, length));
}

function assertSameKeys(ours: RecordProtection, expected: RecordProtection): void {
  assert.equal(toHex(ours.seal(23, someContent)), toHex(expected.seal(23, someContent)));
}

describe('the key schedule, on the trace of RFC 8448 §3', () => {
  it('derives the handshake record keys', () => {
    const stage = handshakeStage();
    const { clientHandshakeKey, clientHandshakeIv, serverHandshakeKey, serverHandshakeIv } = rfc8448;
    const client = new RecordProtection(suite, fromHex(clientHandshakeKey), fromHex(clientHandshakeIv));
    const server = new RecordProtection(suite, fromHex(serverHandshakeKey), fromHex(serverHandshakeIv));
    assertSameKeys(stage.client.protection(), client);
    assertSameKeys(stage.server.protection(), server);
  });

  it("computes the client's Finished", () => {
    const { client } = handshakeStage();
    assert.equal(toHex(client.finished(fromHex(rfc8448.finishedHash))), rfc8448.clientFinished);
    assert.equal(client.isFinished(fromHex(rfc8448.clientFinished), fromHex(rfc8448.finishedHash)), true);
    assert.equal(client.isFinished(fromHex(rfc8448.clientFinished).subarray(1), fromHex(rfc8448.finishedHash)), false);
  });

  it('derives the application keys, the generation after them, and the exporter', () => {
    const stage = handshakeStage().application(fromHex(rfc8448.finishedHash));
    const clientSecret = fromHex(rfc8448.clientApplicationSecret);
    assertSameKeys(stage.client.protection(), protectionOf(clientSecret));
    assertSameKeys(stage.server.protection(), protectionOf(fromHex(rfc8448.serverApplicationSecret)));
    assertSameKeys(stage.client.next().protection(), protectionOf(obviousExpand(clientSecret, 'traffic upd', [], 32)));

    const empty = [...createHash('sha256').digest()];
    const context = [...createHash('sha256').update('context').digest()];
    const labelled = obviousExpand(fromHex(rfc8448.exporterSecret), 'EXPORTER-test', empty, 32);
    assert.equal(
      toHex(stage.exporter.export('EXPORTER-test', new TextEncoder().encode('context'), 70)),
      toHex(obviousExpand(labelled, 'exporter', context, 70)),
    );
  });
});

describe('the resumption secret, on the traces of RFC 8448 §3 and §4', () => {
  it("gives the ticket's key, from which the next connection's binder follows", () => {
    const stage = handshakeStage().application(fromHex(rfc8448.finishedHash));
    const psk = stage.resumption(fromHex(rfc8448.clientFinishedHash)).psk(fromHex(rfc8448.ticketNonce));
    assert.equal(toHex(startResumedSchedule(psk).binder(fromHex(rfc8448.binderHash))), rfc8448.binder);
  });

  it('serves once, and so does the key of a ticket', () => {
    const stage = handshakeStage().application(fromHex(rfc8448.finishedHash));
    const resumption = stage.resumption(new Uint8Array(32));
    assert.throws(() => stage.resumption(new Uint8Array(32)), { code: 'KS-T100' });
    const psk = resumption.psk(new Uint8Array(0));
    startResumedSchedule(psk);
    assert.throws(() => startResumedSchedule(psk), { code: 'KS-T100' });
    resumption.destroy();
    assert.throws(() => resumption.psk(new Uint8Array(0)), { code: 'KS-T100' });
  });

  it('moves to another suite of its hash, and to no other', () => {
    const psk = (): Psk => new Psk(new Secret(suite, new Uint8Array(32).fill(1)));
    const to = (suiteAfter: typeof suite): void => {
      startResumedSchedule(psk()).handshake(new Uint8Array(32), new Uint8Array(32), suiteAfter);
    };
    to(suiteParameters.TLS_AES_128_CCM_SHA256);
    assert.throws(() => to(suiteParameters.TLS_AES_256_GCM_SHA384), { code: 'KS-T100' });
  });
});

function stageOf(secret: Secret): HandshakeStage {
  return new HandshakeStage(secret, new Uint8Array(32), undefined);
}

describe('secrets', () => {
  it('cannot be used after the next stage was derived from them', () => {
    const early = startSchedule(suite);
    early.handshake(new Uint8Array(32), new Uint8Array(32));
    assert.throws(() => early.handshake(new Uint8Array(32), new Uint8Array(32)), { code: 'KS-T100' });
    const stage = handshakeStage();
    const application = stage.application(new Uint8Array(32));
    assert.throws(() => stage.application(new Uint8Array(32)), { code: 'KS-T100' });
    application.client.next();
    assert.throws(() => application.client.protection(), { code: 'KS-T100' });
  });

  it('are zeroed: the shared secret when it was mixed in, the others when destroyed', () => {
    const shared = fromHex(rfc8448.sharedSecret);
    startSchedule(suite).handshake(shared, fromHex(rfc8448.helloHash));
    assert.deepEqual(shared, new Uint8Array(32));
    const bytes = fromHex(rfc8448.exporterSecret);
    const exporter = new ExporterSecret(new Secret(suite, bytes));
    exporter.export('EXPORTER-test', new Uint8Array(0), 32);
    exporter.destroy();
    assert.deepEqual(bytes, new Uint8Array(32));
    assert.throws(() => exporter.export('EXPORTER-test', new Uint8Array(0), 32), { code: 'KS-T100' });
  });

  const hash = new Uint8Array(32);
  const uses: readonly (readonly [string, (secret: Secret) => unknown])[] = [
    [
      'the early secret, when the handshake secret is derived',
      (s) => new EarlyStage(s, undefined).handshake(hash, hash),
    ],
    ['the early secret, when it is given up', (s) => new EarlyStage(s, undefined).destroy()],
    ['the handshake secret, when the master secret is derived', (s) => stageOf(s).application(hash)],
    ['the handshake secret, when it is given up', (s) => stageOf(s).destroy()],
    ['a handshake traffic secret, when it is given up', (s) => new HandshakeTraffic(s).destroy()],
    ['the master secret, when the resumption secret is derived', (s) => new ApplicationStage(s, hash).resumption(hash)],
    ['the master secret, when nothing will resume', (s) => new ApplicationStage(s, hash).destroyMaster()],
    ['the master secret, when the stage is given up', (s) => new ApplicationStage(s, hash).destroy()],
    ['an application traffic secret, when its next generation is derived', (s) => new ApplicationTraffic(s).next()],
    ['an application traffic secret, when it is given up', (s) => new ApplicationTraffic(s).destroy()],
    ['the exporter secret, when it is given up', (s) => new ExporterSecret(s).destroy()],
    ['the resumption secret, when it is given up', (s) => new ResumptionSecret(s).destroy()],
    ["a ticket's key, when the early secret is extracted from it", (s) => startResumedSchedule(new Psk(s))],
    ["a ticket's key, when it is given up", (s) => new Psk(s).destroy()],
    ['a secret that moves to another suite', (s) => s.movedTo(suiteParameters.TLS_AES_128_CCM_SHA256)],
  ];
  for (const [name, use] of uses) {
    it(`are zeroed: ${name}`, () => {
      const bytes = fromHex(rfc8448.exporterSecret);
      use(new Secret(suite, bytes));
      assert.deepEqual(bytes, new Uint8Array(32));
    });
  }

  it('do not show in inspect, JSON, keys or an error', () => {
    const secret = new Secret(suite, fromHex(rfc8448.exporterSecret));
    const shown = [inspect(secret, { showHidden: true, depth: 9 }), JSON.stringify(secret), Object.keys(secret).join()];
    for (const text of shown) assert.doesNotMatch(text, /fe22f8|254, ?34|fe 22/i);
    assert.deepEqual(Object.keys(secret), ['suite']);
  });
});
