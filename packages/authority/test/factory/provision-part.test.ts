import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { lockEvidence, lotManifest } from '@keystile/cose';
import { HostPairing } from '@keystile/device';
import { chainFields, decodeField, encodeField, x25519Spki } from '@keystile/link';
import { parseTrustAnchor, validateClientPath } from '@keystile/pki/path';
import {
  type Fleet,
  fleetPolicy,
  type Line,
  makePart,
  provisionPart,
  provisionUnpairedPart,
  Registry,
} from '../../src/index.ts';
import { publicKeyDer, sha256 } from '../../src/state/signer.ts';
import { homeWithFleet, TestClock, temporaryHome } from '../support/home.ts';
import { newP256, SimulatedPart } from '../support/simulated-part.ts';

const MODEL = 'KS-AC-1';
const clock = new TestClock();

let fleet: Fleet;
before(async (context) => {
  ({ fleet } = await homeWithFleet(context as TestContext, clock.now));
});

/** A line with an empty registry and lot of its own. */
async function newLine(context: TestContext): Promise<Line> {
  const folder = await temporaryHome(context);
  const policies = [fleetPolicy({ root: fleet.authorities.root.der, serverNames: ['localhost'] })];
  const registry = await Registry.open(join(folder, 'registry.json'));
  return { fleet: { ...fleet, folder }, registry, model: MODEL, lot: 'lot-1', policies, now: clock.now };
}

async function madePart(line: Line, serial: string): Promise<SimulatedPart> {
  const part = new SimulatedPart();
  await makePart(part, { fleet, registry: line.registry, serial, model: MODEL, now: clock.now });
  return part;
}

test('a part is made and provisioned: certificates, policies, lock, lot and registry', async (context) => {
  const line = await newLine(context);
  const part = await madePart(line, 'KS-2026-000017');
  assert.equal(part.lifeCycle, 'blank');
  const device = await provisionPart(part, line);
  assert.equal(part.lifeCycle, 'operational');
  assert.partialDeepStrictEqual(device, {
    serial: 'KS-2026-000017',
    model: MODEL,
    id: 'ac-000017',
    identity: 'urn:keystile:home:device:ac-000017',
  });

  const deviceCa = new X509Certificate(fleet.authorities['device-ca'].der);
  for (const slot of ['idevid', 'ldevid'] as const) {
    const chain = decodeField(chainFields, part.objects.get(`${slot}-chain`) ?? new Uint8Array(0));
    const leaf = new X509Certificate(chain[0] ?? new Uint8Array(0));
    assert.equal(leaf.checkPrivateKey(part.key(slot)), true);
    assert.equal(leaf.checkIssued(deviceCa) && leaf.verify(deviceCa.publicKey), true);
    const anchors = [parseTrustAnchor(fleet.authorities.root.der)];
    validateClientPath({ chain, anchors, atMs: clock.ms });
    assert.equal(leaf.subjectAltName, 'URI:urn:keystile:home:device:ac-000017');
    const days = (leaf.validToDate.getTime() - clock.ms) / 86_400_000;
    if (slot === 'ldevid') assert.equal(days, 90);
    else assert.equal(leaf.validToDate.toISOString(), '9999-12-31T23:59:59.000Z');
  }

  const entry = (await Registry.open(join(line.fleet.folder, 'registry.json'))).find('KS-2026-000017');
  assert.equal(entry?.device?.id, 'ac-000017');
  assert.equal(entry?.device?.contentsDigest, device.contentsDigest);
  assert.equal(entry?.device?.idevidKey, Buffer.from(sha256(publicKeyDer(part.key('idevid')))).toString('hex'));

  const lot = join(line.fleet.folder, 'lots/lot-1');
  const manifest = lotManifest.verify(
    new Uint8Array(await readFile(join(lot, 'manifest.cose'))),
    publicKeyDer(fleet.keys.line),
  );
  const evidence = new Uint8Array(await readFile(join(lot, 'KS-2026-000017.lock-evidence')));
  assert.deepEqual(manifest.entries[0]?.lockEvidenceDigest, sha256(evidence));
  assert.deepEqual(manifest.entries[0]?.hostPairingKeyDigest, sha256(part.host.publicKey));
  assert.deepEqual(manifest.entries[0]?.partPairingKeyDigest, sha256(part.pairingKey.publicKey));
  assert.deepEqual(part.objects.get('host-pairing-key'), x25519Spki(part.host.publicKey));
  const attestation = publicKeyDer(part.key('attestation'));
  assert.equal(lockEvidence.verify(evidence, attestation).serial, 'KS-2026-000017');
});

test('a lot holds every part that was made in it', async (context) => {
  const line = await newLine(context);
  for (const serial of ['KS-000001', 'KS-000002']) await provisionPart(await madePart(line, serial), line);
  const bytes = await readFile(join(line.fleet.folder, 'lots/lot-1/manifest.cose'));
  const { entries } = lotManifest.verify(new Uint8Array(bytes), publicKeyDer(fleet.keys.line));
  assert.deepEqual(
    entries.map(({ serial }) => serial),
    ['KS-000001', 'KS-000002'],
  );
});

test('a part that is paired with nobody is told from others by its lot', async (context) => {
  const line = await newLine(context);
  const part = await madePart(line, 'KS-000001');
  await provisionUnpairedPart(part, line);
  assert.equal(part.lifeCycle, 'operational');
  assert.equal(part.objects.has('host-pairing-key'), false);
  const bytes = await readFile(join(line.fleet.folder, 'lots/lot-1/manifest.cose'));
  const { entries } = lotManifest.verify(new Uint8Array(bytes), publicKeyDer(fleet.keys.line));
  assert.deepEqual([entries[0]?.hostPairingKeyDigest.length, entries[0]?.partPairingKeyDigest.length], [0, 0]);
});

/** How a part, or whoever sits before it, may lie; the honest part is at hand. */
type Lie = (part: SimulatedPart) => void;

const lies: readonly [what: string, code: string, lie: Lie][] = [
  [
    'evidence signed by a key that the maker never certified',
    'KS-A114',
    (part) => {
      part.handlers.provisionBegin = async () => ({ evidence: await part.evidence({}, newP256()) });
    },
  ],
  [
    'evidence from another provisioning session, replayed',
    'KS-A114',
    (part) => {
      part.handlers.provisionBegin = async () => ({ evidence: await part.evidence({ lineNonce: new Uint8Array(32) }) });
    },
  ],
  [
    'evidence about another serial number',
    'KS-A114',
    (part) => {
      const honest = part.handlers.provisionBegin;
      part.handlers.provisionBegin = async (request) => {
        await honest(request);
        return { evidence: await part.evidence({ serial: 'KS-000099' }) };
      };
    },
  ],
  [
    'evidence about another model',
    'KS-A114',
    (part) => {
      const honest = part.handlers.provisionBegin;
      part.handlers.provisionBegin = async (request) => {
        await honest(request);
        return { evidence: await part.evidence({ model: 'KS-AC-2' }) };
      };
    },
  ],
  [
    'evidence that says the part is not blank',
    'KS-A114',
    (part) => {
      const honest = part.handlers.provisionBegin;
      part.handlers.provisionBegin = async (request) => {
        await honest(request);
        return { evidence: await part.evidence({ lifeCycle: 'provisioned' }) };
      };
    },
  ],
  [
    'evidence that names no key',
    'KS-A114',
    (part) => {
      const honest = part.handlers.provisionBegin;
      part.handlers.provisionBegin = async (request) => {
        await honest(request);
        return { evidence: await part.evidence({ keys: [] }) };
      };
    },
  ],
  [
    'evidence that is noise',
    'KS-A114',
    (part) => {
      part.handlers.provisionBegin = () => ({ evidence: new Uint8Array(100) });
    },
  ],
  [
    'an attestation certificate of another CA',
    'KS-A114',
    (part) => {
      part.objects.set('attestation-chain', encodeField(chainFields, [fleet.authorities['device-ca'].der]));
    },
  ],
  [
    'an attestation chain that is noise',
    'KS-A114',
    (part) => {
      part.objects.set('attestation-chain', new Uint8Array([1, 0, 1, 0]));
    },
  ],
  [
    'no attestation chain',
    'KS-A114',
    (part) => {
      part.objects.delete('attestation-chain');
    },
  ],
  [
    'the serial number of another made part',
    'KS-A114',
    (part) => {
      part.serial = 'KS-000002';
    },
  ],
  [
    'a serial number that was never made',
    'KS-A114',
    (part) => {
      part.serial = 'KS-000003';
    },
  ],
  [
    'another model',
    'KS-A111',
    (part) => {
      part.model = 'KS-AC-2';
    },
  ],
  [
    'a request with a key made in software',
    'KS-A116',
    (part) => {
      part.handlers.csr = () => ({ request: part.certificateRequest(newP256()) });
    },
  ],
  [
    'a request with the key of its other slot',
    'KS-A115',
    (part) => {
      part.handlers.csr = () => ({ request: part.certificateRequest(part.key('ldevid')) });
    },
  ],
  [
    'a request for another identity',
    'KS-A117',
    (part) => {
      part.handlers.csr = ({ slot }) => ({
        request: part.certificateRequest(part.key(slot), 'urn:keystile:home:operator:root'),
      });
    },
  ],
  [
    'a request whose signature is wrong',
    'KS-A117',
    (part) => {
      const honest = part.handlers.csr;
      part.handlers.csr = async (request) => {
        const bytes = (await honest(request)).request.slice();
        bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
        return { request: bytes };
      };
    },
  ],
  [
    'a request with a P-384 key',
    'KS-A117',
    (part) => {
      const key = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
      part.handlers.csr = () => ({ request: part.certificateRequest(key) });
    },
  ],
  [
    'a request that is noise',
    'KS-A117',
    (part) => {
      part.handlers.csr = () => ({ request: new Uint8Array(300) });
    },
  ],
  [
    'a root that reads back otherwise',
    'KS-A118',
    (part) => {
      const honest = part.handlers.read;
      part.handlers.read = async (request) => {
        const { bytes, length } = await honest(request);
        const changed = bytes.slice();
        if (request.object === 'anchors') changed[40] = (changed[40] ?? 0) ^ 1;
        return { bytes: changed, length };
      };
    },
  ],
  [
    'an object that reads back shorter',
    'KS-A118',
    (part) => {
      const honest = part.handlers.read;
      part.handlers.read = async (request) => {
        const { bytes, length } = await honest(request);
        return request.object === 'policies' ? { bytes: bytes.subarray(0, 5), length: 5 } : { bytes, length };
      };
    },
  ],
  [
    'an object that never ends',
    'KS-A118',
    (part) => {
      const honest = part.handlers.read;
      part.handlers.read = async (request) => {
        const { bytes } = await honest(request);
        return {
          bytes: request.object === 'boot-key' ? new Uint8Array(0) : bytes,
          length: request.object === 'boot-key' ? 65_535 : bytes.length + request.offset,
        };
      };
    },
  ],
  [
    'a pairing that somebody else answered: the part states other keys than the host has met',
    'KS-A114',
    (part) => {
      part.handlers.pairBegin = async (request) => {
        const seenByPart = part.beginExchange({ ...request, hostEphemeral: HostPairing.create().publicKey });
        const evidence = await part.pairingEvidence(seenByPart);
        return { ...part.beginExchange(request).answer, evidence };
      };
    },
  ],
  ...(['hostKeyDigest', 'partKeyDigest', 'transcript', 'lineNonce'] as const).map((claim): [string, string, Lie] => [
    `a pairing stated with another ${claim}`,
    'KS-A114',
    (part) => {
      part.handlers.pairBegin = async (request) => {
        const exchange = part.beginExchange(request);
        return {
          ...exchange.answer,
          evidence: await part.pairingEvidence(exchange, { [claim]: new Uint8Array(32) }),
        };
      };
    },
  ]),
  [
    'a pairing stated by another part',
    'KS-A114',
    (part) => {
      part.handlers.pairBegin = async (request) => {
        const exchange = part.beginExchange(request);
        return { ...exchange.answer, evidence: await part.pairingEvidence(exchange, { serial: 'KS-000002' }) };
      };
    },
  ],
  [
    'a pairing stated by a key that the maker never certified',
    'KS-A114',
    (part) => {
      part.handlers.pairBegin = async (request) => {
        const exchange = part.beginExchange(request);
        return { ...exchange.answer, evidence: await part.pairingEvidence(exchange, {}, newP256()) };
      };
    },
  ],
  [
    'a pairing without a statement',
    'KS-A114',
    (part) => {
      part.handlers.pairBegin = async (request) => {
        return { ...part.beginExchange(request).answer, evidence: new Uint8Array(0) };
      };
    },
  ],
  [
    'the key of another host stored than the one that was paired',
    'KS-A118',
    (part) => {
      part.handlers.pairFinish = () => {
        part.objects.set('host-pairing-key', x25519Spki(HostPairing.create().publicKey));
        return {};
      };
    },
  ],
  [
    'a digest over other contents before the lock',
    'KS-A119',
    (part) => {
      const honest = part.handlers.provisionLock;
      part.handlers.provisionLock = async (request) => ({
        ...(await honest(request)),
        contentsDigest: new Uint8Array(32),
      });
    },
  ],
  [
    'an object written behind the line’s back',
    'KS-A119',
    (part) => {
      const honest = part.handlers.provisionLock;
      part.handlers.provisionLock = (request) => {
        part.objects.set('host-pairing-key', new Uint8Array(32));
        return honest(request);
      };
    },
  ],
  [
    'lock evidence by another key',
    'KS-A120',
    (part) => {
      const honest = part.handlers.provisionLock;
      part.handlers.provisionLock = async (request) => {
        const result = await honest(request);
        return request.dryRun
          ? result
          : { ...result, evidence: await part.lockEvidence(result.contentsDigest, newP256()) };
      };
    },
  ],
  [
    'lock evidence over other contents',
    'KS-A120',
    (part) => {
      const honest = part.handlers.provisionLock;
      part.handlers.provisionLock = async (request) => {
        const result = await honest(request);
        return request.dryRun ? result : { ...result, evidence: await part.lockEvidence(new Uint8Array(32)) };
      };
    },
  ],
  [
    'a lock that did not happen',
    'KS-A120',
    (part) => {
      const honest = part.handlers.provisionLock;
      part.handlers.provisionLock = async (request) => {
        const result = await honest(request);
        part.lifeCycle = 'provisioned';
        return result;
      };
    },
  ],
];

test('each lie of a part is refused with its code, and nothing is recorded', async (context) => {
  for (const [what, code, lie] of lies) {
    await context.test(`${what}: ${code}`, async (inner) => {
      const line = await newLine(inner);
      const part = await madePart(line, 'KS-000001');
      await madePart(line, 'KS-000002');
      lie(part);
      await assert.rejects(provisionPart(part, line), { code });
      assert.equal(
        line.registry.parts.some(({ device }) => device !== undefined),
        false,
      );
    });
  }
});

test('a second part with the serial number and model of a made one is found out', async (context) => {
  const line = await newLine(context);
  await madePart(line, 'KS-000001');
  const copy = await madePart(await newLine(context), 'KS-000001');
  await assert.rejects(provisionPart(copy, line), { code: 'KS-A114', message: /there are two such parts/ });
});

test('a part is provisioned once, whatever it says', async (context) => {
  const line = await newLine(context);
  const part = await madePart(line, 'KS-000001');
  await provisionPart(part, line);
  await assert.rejects(provisionPart(part, line), { code: 'KS-A112' });
  part.lifeCycle = 'blank';
  await assert.rejects(provisionPart(part, line), { code: 'KS-A112' });
});

test('only a blank part is provisioned and only an unmade one is made', async (context) => {
  const line = await newLine(context);
  const part = await madePart(line, 'KS-000001');
  const step = { fleet, registry: line.registry, model: MODEL, now: clock.now };
  await assert.rejects(makePart(part, { ...step, serial: 'KS-000002' }), { code: 'KS-A110' });
  for (const lifeCycle of ['unmade', 'provisioned', 'operational', 'tampered', 'terminated'] as const) {
    part.lifeCycle = lifeCycle;
    await assert.rejects(provisionPart(part, line), { code: 'KS-A110' }, lifeCycle);
  }
});

test('two parts with one serial number, one attestation key or one device key are refused', async (context) => {
  const line = await newLine(context);
  const first = await madePart(line, 'KS-000001');
  const step = { fleet, registry: line.registry, model: MODEL, now: clock.now };
  await assert.rejects(makePart(new SimulatedPart(), { ...step, serial: 'KS-000001' }), { code: 'KS-A112' });

  const copy = new SimulatedPart();
  copy.handlers.makerBegin = () => ({ attestationPublicKey: publicKeyDer(first.key('attestation')) });
  await assert.rejects(makePart(copy, { ...step, serial: 'KS-000002' }), { code: 'KS-A113' });

  await provisionPart(first, line);
  const twin = await madePart(line, 'KS-000003');
  const generate = twin.handlers.generate;
  twin.handlers.generate = (request) => {
    const result = generate(request);
    twin.keys.set(request.slot, first.key(request.slot));
    return result;
  };
  await assert.rejects(provisionPart(twin, line), { code: 'KS-A113' });

  const sameEnd = await madePart(line, 'XX-000001');
  await assert.rejects(provisionPart(sameEnd, line), { code: 'KS-A112', message: /ac-000001/ });
});

test('serial numbers and models that could not stand in a certificate or a path are refused', async (context) => {
  const line = await newLine(context);
  const step = { fleet, registry: line.registry, now: clock.now };
  for (const serial of ['', 'short', '../../etc/x', 'KS 000001', 'KS-000001\n', 'x'.repeat(65), 'KS/000001']) {
    await assert.rejects(makePart(new SimulatedPart(), { ...step, serial, model: MODEL }), { code: 'KS-A121' }, serial);
  }
  await assert.rejects(makePart(new SimulatedPart(), { ...step, serial: 'KS-000001', model: '+' }), {
    code: 'KS-A121',
  });
});
