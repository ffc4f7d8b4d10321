import { randomBytes, X509Certificate } from 'node:crypto';
import { equalPublicBytes, toHex } from '@keystile/bytes';
import type { ProvisionEvidence } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import {
  commands,
  encodeField,
  identityFields,
  type KeySlot,
  type ObjectName,
  type PartIdentity,
  x25519Spki,
} from '@keystile/link';
import { type IssuedCertificate, issueDevice } from '../ceremony/certificate-profiles.ts';
import { identityUri, parseIdentityName } from '../state/names.ts';
import { publicKeyDer, sha256 } from '../state/signer.ts';
import { type CheckedRequest, requestCertificate } from './certificate-request.ts';
import { type Contents, contentsOf } from './contents.ts';
import type { Line, ProvisionedDevice } from './line.ts';
import { type LockedPart, lockPart } from './lock-part.ts';
import { type PairingDigests, recordInLot } from './lot.ts';
import { type PairableCaller, type PartCaller, readObject, writeObject } from './part-caller.ts';
import { attestationCertificate, checkPairing, verifyEvidence } from './part-evidence.ts';
import type { PartEntry } from './registry.ts';

/**
 * The factory line, one part: from *blank* to *operational*.
 *
 *   GENERATE ×2 → PROVISION_BEGIN → evidence checked under the maker CA → PAIR_BEGIN, PAIR_FINISH with the host
 *   → CSR ×2, keys compared with the evidence → issued → PROVISION_WRITE … → READ … compared → PROVISION_LOCK (dry run, then by signed order) → lot, registry
 *
 * Every check can refuse, with its own code, and nothing is recorded before the part has proved that it is locked.
 * Private keys are not here: they are made in the part and stay there.
 */
export function provisionPart(part: PairableCaller, line: Line): Promise<ProvisionedDevice> {
  return provision(part, line, (session) => pairWithHost(part, session));
}

/**
 * The same for a part that is paired with nobody: after the lock it obeys whoever is on its bus. For benches that
 * measure what the channel costs; no product does this.
 */
export function provisionUnpairedPart(part: PartCaller, line: Line): Promise<ProvisionedDevice> {
  return provision(part, line, async () => undefined);
}

async function provision(
  part: PartCaller,
  line: Line,
  pair: (session: ProvisioningSession) => Promise<Pairing | undefined>,
): Promise<ProvisionedDevice> {
  const made = await acceptPart(part, line);
  for (const slot of slots) await part.call(commands.generate, { slot });
  const session = await openSession(part, line, made);
  const pairing = await pair(session);
  const identity = identityOf(line, made.serial);
  const issued = await issueCertificates(part, line, { identity, evidence: session.evidence });
  const contents = contentsFor(line, { identity, issued, pairing });
  await writeAndCompare(part, contents);
  const lock = await lockPart(part, { line, serial: made.serial, contents, ...session });
  return record(line, { made, identity, issued, lock, pairing });
}

const slots: readonly KeySlot[] = ['idevid', 'ldevid'];

/** Life cycle, model and serial number, before the part is asked for anything that changes it. */
async function acceptPart(part: PartCaller, line: Line): Promise<PartEntry> {
  const { serial, model, lifeCycle } = await part.call(commands.info, {});
  const known = line.registry.find(serial);
  if (known?.device !== undefined) {
    throw new KeystileError('KS-A112', `part ${serial} was provisioned before, as ${known.device.id}`);
  }
  if (lifeCycle !== 'blank') {
    throw new KeystileError('KS-A110', `part ${serial} is ${lifeCycle}, the line takes blank parts`);
  }
  if (model !== line.model) {
    throw new KeystileError('KS-A111', `part ${serial} is of model ${model}, this line is for ${line.model}`);
  }
  if (known === undefined) {
    throw new KeystileError('KS-A114', `part ${serial} is not in the registry of made parts`);
  }
  return known;
}

/** What the part has proved of itself, and under which nonce. */
interface ProvisioningSession {
  readonly made: PartEntry;
  readonly lineNonce: Uint8Array;
  readonly attestation: X509Certificate;
  readonly evidence: ProvisionEvidence;
}

async function openSession(part: PartCaller, line: Line, made: PartEntry): Promise<ProvisioningSession> {
  const makerCertificate = new X509Certificate(line.fleet.authorities['maker-ca'].der);
  const attestation = await attestationCertificate(part, { makerCertificate, made, nowMs: line.now() });
  const lineNonce = new Uint8Array(randomBytes(32));
  const linePublicKey = publicKeyDer(line.fleet.keys.line);
  const begun = await part.call(commands.provisionBegin, { lineNonce, linePublicKey });
  const evidence = verifyEvidence(begun.evidence.slice(), attestation, { made, lineNonce });
  return { made, lineNonce, attestation, evidence };
}

interface Pairing extends PairingDigests {
  /** X25519, 32 bytes. */
  readonly hostKey: Uint8Array;
}

/** Before anything is written: from here on the bus carries nothing in clear. */
async function pairWithHost(part: PairableCaller, session: ProvisioningSession): Promise<Pairing | undefined> {
  let pairing: Pairing | undefined;
  await part.pair((statement) => {
    const { hostKeyDigest, partKeyDigest } = checkPairing(statement, session.attestation, session);
    pairing = { hostKey: statement.hostKey, hostKeyDigest, partKeyDigest };
  });
  return pairing;
}

interface Issued {
  readonly request: CheckedRequest;
  readonly certificate: IssuedCertificate;
}
type IssuedPair = Readonly<Record<KeySlot, Issued>>;

/** Both requests are checked before either certificate is issued. */
async function issueCertificates(
  part: PartCaller,
  line: Line,
  { identity, evidence }: { readonly identity: PartIdentity; readonly evidence: ProvisionEvidence },
): Promise<IssuedPair> {
  await writeObject(part, 'identity', encodeField(identityFields, identity));
  const expected = { evidence, identityUri: uriOf(identity), registry: line.registry };
  const idevid = await requestCertificate(part, { ...expected, slot: 'idevid' });
  const ldevid = await requestCertificate(part, { ...expected, slot: 'ldevid' });
  const issue = async (slot: KeySlot, request: CheckedRequest): Promise<Issued> => {
    const { publicKey } = request;
    const leaf = { fleet: line.fleet, publicKey, nowMs: line.now() };
    return { request, certificate: await issueDevice(leaf, { slot, identity }) };
  };
  return { idevid: await issue('idevid', idevid), ldevid: await issue('ldevid', ldevid) };
}

/** The device's id is the end of its serial number: short enough to read out, unique within the registry. */
function identityOf(line: Line, serial: string): PartIdentity {
  const id = parseIdentityName(`ac-${serial.slice(-ID_CHARACTERS).toLowerCase()}`);
  const holder = line.registry.findDevice(id);
  if (holder !== undefined) {
    throw new KeystileError('KS-A112', `${serial} would be device ${id}, which is ${holder.serial} already`);
  }
  return { fleet: line.fleet.name, role: 'device', id };
}

const ID_CHARACTERS = 6;

function contentsFor(
  line: Line,
  { identity, issued, pairing }: Pick<Provisioned, 'identity' | 'issued' | 'pairing'>,
): Contents {
  const { idevid, ldevid } = issued;
  const { authorities, keys } = line.fleet;
  return contentsOf({
    identity,
    idevidChain: idevid.certificate.chain,
    ldevidChain: ldevid.certificate.chain,
    anchors: [authorities.root.der],
    policies: line.policies,
    bootKey: publicKeyDer(keys.boot),
    timeKey: publicKeyDer(keys.time),
    administratorKeys: [sha256(publicKeyDer(keys.administrator))],
    hostPairingKey: pairing === undefined ? undefined : x25519Spki(pairing.hostKey),
  });
}

/** What the part holds before the rest is written. */
const held: readonly ObjectName[] = ['identity', 'host-pairing-key'];

/** Writes what is not written yet and reads back all of it; throws KS-A118. */
async function writeAndCompare(part: PartCaller, contents: Contents): Promise<void> {
  for (const [object, bytes] of contents) {
    if (!held.includes(object)) await writeObject(part, object, bytes);
  }
  for (const [object, bytes] of contents) {
    const found = await readObject(part, object);
    if (!equalPublicBytes(found, bytes)) {
      throw new KeystileError('KS-A118', `object ${object}: ${bytes.length} bytes were written, others are read back`);
    }
  }
}

interface Provisioned {
  readonly made: PartEntry;
  readonly identity: PartIdentity;
  readonly issued: IssuedPair;
  readonly lock: LockedPart;
  readonly pairing: Pairing | undefined;
}

/** Lot manifest first: a device that the registry knows can always be traced to its lot. */
async function record(line: Line, { made, identity, issued, lock, pairing }: Provisioned): Promise<ProvisionedDevice> {
  const { serial, model } = made;
  const { idevid, ldevid } = issued;
  const [certificate] = idevid.certificate.chain;
  await recordInLot(line, { serial, identity: uriOf(identity), certificate, lockEvidence: lock.evidence, pairing });
  const contentsDigest = toHex(lock.contentsDigest);
  const ldevidExpiresAt = ldevid.certificate.expiresAt.toISOString();
  await line.registry.addDevice(serial, {
    fleet: identity.fleet,
    id: identity.id,
    idevidKey: idevid.request.keyDigest,
    ldevidKey: ldevid.request.keyDigest,
    idevidSerial: idevid.certificate.serialNumber,
    ldevidSerial: ldevid.certificate.serialNumber,
    ldevidExpiresAt,
    contentsDigest,
    lot: line.lot,
    provisionedAt: new Date(line.now()).toISOString(),
  });
  return { serial, model, id: identity.id, identity: uriOf(identity), contentsDigest, ldevidExpiresAt };
}

function uriOf({ fleet, id }: PartIdentity): string {
  return identityUri(fleet, 'device', id);
}
