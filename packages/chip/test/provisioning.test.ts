import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { signTimeToken } from '@keystile/authority';
import { lockOrder, provisionEvidence } from '@keystile/cose';
import {
  administratorKeysFields,
  anchorsFields,
  chainFields,
  commands,
  decodeField,
  encodeField,
  identityFields,
  type ObjectName,
  type Policy,
  policiesFields,
} from '@keystile/link';
import { es256Signer, type InProcessPart, TestFleet } from '@keystile/testkit';
import { readWhole, type Stages, stagesOf } from './support/stages.ts';

const none = new Uint8Array(0);
const lineNonce = new Uint8Array(32).fill(7);
const line = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const linePublicKey = new Uint8Array(line.publicKey.export({ format: 'der', type: 'spki' }));

let fleet: TestFleet;
let stages: Stages;
let part: InProcessPart;
before(async () => {
  fleet = await TestFleet.create();
  stages = await stagesOf(fleet);
});
after(() => fleet.remove());

async function write(object: ObjectName, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length; offset += 1000) {
    const piece = bytes.subarray(offset, offset + 1000);
    await part.call(commands.provisionWrite, { object, offset, total: bytes.length, bytes: piece });
  }
}

async function refusesObject(object: ObjectName, bytes: Uint8Array, expected: object): Promise<void> {
  const { nvmGeneration } = await part.call(commands.status, {});
  await assert.rejects(write(object, bytes), expected);
  assert.equal((await part.call(commands.status, {})).nvmGeneration, nvmGeneration, 'what is refused is not stored');
}

describe('the maker’s step', () => {
  beforeEach(() => {
    part = stages.unmade.fork();
  });

  it('gives serial number, model and an attestation key once; the same again gives the same key', async () => {
    const made = await part.call(commands.makerBegin, { serial: 'KS-1', model: 'M' });
    const first = made.attestationPublicKey.slice();
    part.powerCycle();
    const again = await part.call(commands.makerBegin, { serial: 'KS-1', model: 'M' });
    assert.deepEqual(again.attestationPublicKey.slice(), first);
    await assert.rejects(part.call(commands.makerBegin, { serial: 'KS-2', model: 'M' }), { code: 'KS-C149' });
    await assert.rejects(part.call(commands.makerBegin, { serial: 'KS-1', model: 'N' }), { code: 'KS-C149' });
  });

  it('takes names only that can stand on a label and in a path', async () => {
    for (const serial of ['', '../x', 'a b', 'é', '-a', 'x'.repeat(65)]) {
      await assert.rejects(part.call(commands.makerBegin, { serial, model: 'M' }).catch(refusedHere), {
        code: 'KS-C102',
      });
    }
  });

  it('ends with a certificate for the key that was made, not for another', async () => {
    await assert.rejects(part.call(commands.makerFinish, { chain: [] }), { code: 'KS-C146' });
    await part.call(commands.makerBegin, { serial: 'KS-1', model: 'M' });
    await assert.rejects(part.call(commands.makerFinish, { chain: [] }), { code: 'KS-C143' });
    const chain = [fleet.fleet.authorities['maker-ca'].der];
    await assert.rejects(part.call(commands.makerFinish, { chain }), { code: 'KS-C145' });
    assert.equal((await part.call(commands.info, {})).lifeCycle, 'unmade');
  });
});

/** The encoder on this side refuses some requests before they are sent. */
function refusedHere(error: Error): never {
  if (error.name === 'BytesError') throw Object.assign(error, { code: 'KS-C102' });
  throw error;
}

describe('a provisioning session', () => {
  beforeEach(async () => {
    part = stages.blank.fork();
    await part.call(commands.provisionBegin, { lineNonce, linePublicKey });
  });

  it('begins with evidence over the nonce, the part and each key that was generated inside', async () => {
    await part.call(commands.generate, { slot: 'ldevid' });
    const { evidence } = await part.call(commands.provisionBegin, { lineNonce, linePublicKey });
    const attestation = await readWhole(part, 'attestation-public-key');
    const claims = provisionEvidence.verify(evidence, attestation);
    assert.deepEqual(claims.lineNonce.slice(), lineNonce);
    assert.deepEqual(
      claims.keys.map(({ slot, origin, purpose }) => [slot, origin, purpose]),
      [['ldevid', 'generated-inside', 'tls-client']],
    );
  });

  it('needs the line’s key to be a P-256 key in its one form', async () => {
    const wrong = [none, linePublicKey.subarray(0, -1), new Uint8Array(91)];
    for (const each of wrong) {
      await assert.rejects(part.call(commands.provisionBegin, { lineNonce, linePublicKey: each }), { code: 'KS-C143' });
    }
  });

  it('writes in order, from the beginning, with one total, and all at once', async () => {
    const bytes = encodeField(identityFields, { fleet: 'home', role: 'device', id: 'ac-1' });
    const total = bytes.length;
    const piece = (offset: number, end: number, object: ObjectName = 'identity', of = total): Promise<unknown> =>
      part.call(commands.provisionWrite, { object, offset, total: of, bytes: bytes.subarray(offset, end) });
    for (const wrong of [
      () => piece(4, 8),
      () => piece(0, 4).then(() => piece(5, 8)),
      () => piece(0, 4).then(() => piece(4, 8, 'anchors')),
      () => piece(0, 4).then(() => piece(4, 8, 'identity', total + 1)),
      () => piece(0, 4).then(() => piece(4, 4)),
      () => piece(0, total, 'identity', total - 1),
    ]) {
      await assert.rejects(wrong(), { code: 'KS-C142' });
    }
    await piece(0, 4);
    await assert.rejects(part.call(commands.read, { object: 'identity', offset: 0, lengthMax: 99 }), {
      code: 'KS-C140',
    });
    await piece(4, total);
    assert.deepEqual(await readWhole(part, 'identity'), bytes);
  });

  it('ends with RESET, and with it what was half written', async () => {
    await part.call(commands.provisionWrite, { object: 'anchors', offset: 0, total: 9, bytes: Uint8Array.of(1) });
    await part.call(commands.reset, {});
    const rest = { object: 'anchors', offset: 1, total: 9, bytes: new Uint8Array(8) } as const;
    await assert.rejects(part.call(commands.provisionWrite, rest), { code: 'KS-C111' });
    await part.call(commands.provisionBegin, { lineNonce, linePublicKey });
    await assert.rejects(part.call(commands.provisionWrite, rest), { code: 'KS-C142' });
  });
});

describe('an object is judged before it is stored', () => {
  beforeEach(async () => {
    part = stages.blank.fork();
    await part.call(commands.provisionBegin, { lineNonce, linePublicKey });
  });

  it('what the part fills itself cannot be written', async () => {
    for (const object of ['attestation-chain', 'attestation-public-key', 'idevid-public-key'] as const) {
      await refusesObject(object, Uint8Array.of(1), { code: 'KS-C141' });
    }
  });

  it('an identity holds no wildcard and no separator', async () => {
    for (const id of ['', '*', '+', '#', 'a/b', 'a:b', ' a', '.a']) {
      const bytes = encodeField(identityFields, { fleet: 'home', role: 'device', id });
      await refusesObject('identity', bytes, { code: 'KS-C143' });
    }
    await refusesObject('identity', Uint8Array.of(1, 2, 3), { code: 'KS-C143' });
  });

  it('a chain is for the key of its slot', async () => {
    const { root } = fleet.fleet.authorities;
    const chain = encodeField(chainFields, [root.der]);
    await refusesObject('ldevid-chain', chain, { code: 'KS-C146' });
    await part.call(commands.generate, { slot: 'ldevid' });
    await refusesObject('ldevid-chain', chain, { code: 'KS-C145', detail: /holds another key than the slot/ });
    await refusesObject('ldevid-chain', encodeField(chainFields, []), { code: 'KS-C143' });
    await refusesObject('ldevid-chain', encodeField(chainFields, [new Uint8Array(40)]), { code: 'KS-C143' });
  });

  it('anchors and administrators are at least one, and each once', async () => {
    const { root } = fleet.fleet.authorities;
    for (const anchors of [[], [root.der, root.der], [new Uint8Array(20)]]) {
      await refusesObject('anchors', encodeField(anchorsFields, anchors), { code: 'KS-C143' });
    }
    const digest = new Uint8Array(32).fill(1);
    for (const digests of [[], [digest, digest]]) {
      await refusesObject('administrator-keys', encodeField(administratorKeysFields, digests), { code: 'KS-C143' });
    }
  });

  it('keys are of their type, on the curve and in one form', async () => {
    const x25519 = generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' });
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'der', type: 'spki' });
    const offCurve = linePublicKey.slice();
    offCurve[90] = (offCurve[90] ?? 0) ^ 1;
    for (const wrong of [x25519, p384, offCurve, Uint8Array.from([...linePublicKey, 0])]) {
      await refusesObject('boot-key', new Uint8Array(wrong), { code: 'KS-C143' });
      await refusesObject('time-key', new Uint8Array(wrong), { code: 'KS-C143' });
    }
    await refusesObject('host-pairing-key', linePublicKey, { code: 'KS-C143' });
    await write('host-pairing-key', new Uint8Array(x25519));
  });

  it('policies hold together: names, anchors that are there, servers that can be named, TLS 1.3', async () => {
    const [policy] = fleet.policies;
    assert.ok(policy !== undefined);
    await refusesObject('policies', encodeField(policiesFields, [policy]), {
      code: 'KS-C143',
      detail: /not among the/,
    });
    await write('anchors', encodeField(anchorsFields, [fleet.fleet.authorities.root.der]));
    const wrong: Partial<Policy>[] = [
      { name: '' },
      { anchorDigests: [] },
      { anchorDigests: [new Uint8Array(32)] },
      { serverNames: [] },
      { serverNames: ['*'] },
      { serverNames: ['*.test'] },
      { serverNames: ['a.*.test'] },
      { serverNames: ['not a name'] },
      { versions: ['1.2'] },
      { versions: [] },
      { cipherSuites: [] },
      { groups: [] },
      { groups: ['X25519', 'X25519'] },
      { alpn: [], alpnRequired: true },
    ];
    for (const change of wrong) {
      const bytes = encodeField(policiesFields, [{ ...policy, ...change }]);
      await refusesObject('policies', bytes, { code: 'KS-C143' });
    }
    await refusesObject('policies', encodeField(policiesFields, []), { code: 'KS-C143' });
    await refusesObject('policies', encodeField(policiesFields, [policy, policy]), { code: 'KS-C143' });
    await write('policies', encodeField(policiesFields, [policy]));
  });
});

describe('what is for life', () => {
  it('an IDevID key is made once, and a key with a certificate is not made again', async () => {
    part = stages.blank.fork();
    await part.call(commands.generate, { slot: 'idevid' });
    await assert.rejects(part.call(commands.generate, { slot: 'idevid' }), { code: 'KS-C144' });
    const first = await part.call(commands.generate, { slot: 'ldevid' });
    const key = first.publicKey.slice();
    assert.notDeepEqual((await part.call(commands.generate, { slot: 'ldevid' })).publicKey.slice(), key);
    await assert.rejects(stages.provisioned.fork().call(commands.generate, { slot: 'ldevid' }), { code: 'KS-C144' });
  });

  it('identity and IDevID chain stay once the chain is written; the same again is no change', async () => {
    part = stages.provisioned.fork();
    await part.call(commands.provisionBegin, { lineNonce, linePublicKey });
    const identity = decodeField(identityFields, await readWhole(part, 'identity'));
    await write('identity', encodeField(identityFields, identity));
    const other = encodeField(identityFields, { ...identity, id: 'ac-999999' });
    await refusesObject('identity', other, { code: 'KS-C144' });
    const ldevid = await readWhole(part, 'ldevid-chain');
    await refusesObject('idevid-chain', ldevid, { code: 'KS-C144' });
  });

  it('a request for a certificate names nothing of the host’s choice, and needs a key and an identity', async () => {
    part = stages.blank.fork();
    await assert.rejects(part.call(commands.csr, { slot: 'ldevid' }), { code: 'KS-C146' });
    await part.call(commands.generate, { slot: 'ldevid' });
    await assert.rejects(part.call(commands.csr, { slot: 'ldevid' }), { code: 'KS-C140' });
  });
});

describe('PROVISION_LOCK', () => {
  let serial: string;
  let contentsDigest: Uint8Array;
  beforeEach(async () => {
    part = stages.provisioned.fork();
    await part.call(commands.provisionBegin, { lineNonce, linePublicKey });
    ({ serial } = await part.call(commands.info, {}));
    const dryRun = await part.call(commands.provisionLock, { dryRun: true, order: none, timeToken: none });
    contentsDigest = dryRun.contentsDigest.slice();
  });

  async function lock(
    change: Partial<Parameters<typeof lockOrder.encode>[0]> = {},
    key = line.privateKey,
  ): Promise<void> {
    const { nonce } = await part.call(commands.timeChallenge, {});
    const timeToken = await signTimeToken(fleet.fleet.keys.time, {
      serial,
      nonce: nonce.slice(),
      nowMs: fleet.clock.ms,
    });
    const order = await lockOrder.sign({ serial, lineNonce, contentsDigest, ...change }, es256Signer(key));
    await part.call(commands.provisionLock, { dryRun: false, order, timeToken });
  }

  it('changes nothing in a dry run', async () => {
    assert.equal((await part.call(commands.info, {})).lifeCycle, 'provisioned');
    await lock();
    assert.equal((await part.call(commands.info, {})).lifeCycle, 'operational');
  });

  it('obeys the order of the line that opened this session only', async () => {
    await assert.rejects(lock({ serial: 'KS-999999' }), { code: 'KS-C148', detail: /KS-999999/ });
    await assert.rejects(lock({ lineNonce: new Uint8Array(32) }), { code: 'KS-C148', detail: /another nonce/ });
    await assert.rejects(lock({ contentsDigest: new Uint8Array(32) }), { code: 'KS-C148', detail: /other contents/ });
    await assert.rejects(lock({}, fleet.fleet.keys.boot), { code: 'KS-C148' });
    const order = await lockOrder.sign({ serial, lineNonce, contentsDigest }, es256Signer(line.privateKey));
    const noTime = { dryRun: false, order, timeToken: none };
    await assert.rejects(part.call(commands.provisionLock, noTime), { code: 'KS-C154' });
    assert.equal((await part.call(commands.info, {})).lifeCycle, 'provisioned');
  });

  it('needs all that a part works with, and that it still fits together', async () => {
    const blank = stages.blank.fork();
    await blank.call(commands.provisionBegin, { lineNonce, linePublicKey });
    const dryRun = { dryRun: true, order: none, timeToken: none };
    await assert.rejects(blank.call(commands.provisionLock, dryRun), {
      code: 'KS-C147',
      detail:
        'missing: identity, idevid-chain, ldevid-chain, anchors, policies, boot-key, time-key, administrator-keys',
    });
    await write('anchors', encodeField(anchorsFields, [fleet.fleet.authorities['maker-ca'].der]));
    await assert.rejects(part.call(commands.provisionLock, dryRun), {
      code: 'KS-C143',
      detail: /not among the anchors/,
    });
  });

  it('is the last that the factory can do', async () => {
    await lock();
    await assert.rejects(part.call(commands.provisionBegin, { lineNonce, linePublicKey }), { code: 'KS-C110' });
    await assert.rejects(write('anchors', Uint8Array.of(0)), { code: 'KS-C110' });
  });
});

describe('READ', () => {
  it('gives public objects in pieces, and LIST names them; no name leads to a private key', async () => {
    part = stages.operational.fork();
    const { objects } = await part.call(commands.list, {});
    for (const { object, length } of objects) {
      const pieces: Uint8Array[] = [];
      for (let offset = 0; offset < length; offset += 100) {
        const { bytes } = await part.call(commands.read, { object, offset, lengthMax: 100 });
        pieces.push(bytes.slice());
      }
      assert.deepEqual(Buffer.concat(pieces), Buffer.from(await readWhole(part, object)), object);
    }
    const past = await part.call(commands.read, { object: 'identity', offset: 65_535, lengthMax: 65_535 });
    assert.equal(past.bytes.length, 0);
    const nobody = stages.unpaired.fork();
    await assert.rejects(nobody.call(commands.read, { object: 'host-pairing-key', offset: 0, lengthMax: 1 }), {
      code: 'KS-C140',
    });
  });
});
