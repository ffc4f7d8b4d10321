import type { KeyObject } from 'node:crypto';
import type { FactoryKeySlot, PartIdentity } from '@keystile/link';
import * as pki from '@keystile/pki/issue';
import { DAY_MS, HOUR_MS } from '../state/clock.ts';
import { identityUri } from '../state/names.ts';
import type { CertificateAuthority, Fleet } from './fleet.ts';

/**
 * Which certificate is what: subject, issuer and life of each kind. How a certificate is built is @keystile/pki's; the
 * extensions that make a server a server and a device a device are there.
 */
export type IssuedCertificate = pki.IssuedCertificate;

const YEAR_MS: number = 365 * DAY_MS;
/** Outlives every device; replaced by a campaign of the administrator, not by expiry. */
const ROOT_LIFE_MS: number = 20 * YEAR_MS;
const ISSUING_LIFE_MS: number = 10 * YEAR_MS;
/** Programs' certificates are issued anew at a start after two thirds of it; LDevIDs are renewed over the network. */
const LEAF_LIFE_MS: number = 90 * DAY_MS;
/** "No well-defined expiration date" (RFC 5280 §4.1.2.5): an IDevID is for life. */
const NO_EXPIRY_MS: number = Date.parse('9999-12-31T23:59:59Z');
/** Clocks of a fleet differ: a certificate is valid from a little before it was issued. */
const BACKDATED_MS: number = HOUR_MS;

const MAKER = 'Keystile maker';

export interface NewAuthority {
  readonly key: KeyObject;
  readonly fleet: string;
  readonly nowMs: number;
}

export function issueFleetRoot({ key, fleet, nowMs }: NewAuthority): Promise<CertificateAuthority> {
  return pki.issueRootCa({
    key,
    subject: { organization: fleet, commonName: `Keystile ${fleet} root` },
    validity: lasting(nowMs, ROOT_LIFE_MS),
    pathLengthMax: 1,
  });
}

export function issueMakerCa({ key, fleet, nowMs }: NewAuthority): Promise<CertificateAuthority> {
  return pki.issueRootCa({
    key,
    subject: { organization: MAKER, commonName: `Keystile maker CA of ${fleet}` },
    validity: lasting(nowMs, ROOT_LIFE_MS),
    pathLengthMax: 0,
  });
}

export type IssuingCaName = 'device-ca' | 'server-ca' | 'client-ca';

export function issueIssuingCa(
  name: IssuingCaName,
  { key, fleet, nowMs, root }: NewAuthority & { readonly root: CertificateAuthority },
): Promise<CertificateAuthority> {
  return pki.issueIssuingCa({
    key,
    subject: { organization: fleet, commonName: `Keystile ${fleet} ${name.replace('-ca', ' CA')}` },
    validity: lasting(nowMs, ISSUING_LIFE_MS),
    issuer: root,
    ...(name === 'device-ca' ? { devicesOf: fleet } : {}),
  });
}

export interface NewLeaf {
  readonly fleet: Fleet;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly nowMs: number;
}

/** For broker and console. `names` are DNS names and IP addresses; the first is also the common name. */
export function issueServer(
  { fleet, publicKey, nowMs }: NewLeaf,
  names: readonly [string, ...string[]],
): Promise<IssuedCertificate> {
  return pki.issueServerCertificate({
    issuer: fleet.authorities['server-ca'],
    subject: { organization: fleet.name, commonName: names[0] },
    publicKey,
    validity: lasting(nowMs, LEAF_LIFE_MS),
    names,
  });
}

/** For a program or a person: `urn:keystile:<fleet>:<role>:<id>`. */
export function issueClient(
  { fleet, publicKey, nowMs }: NewLeaf,
  { role, id }: { readonly role: 'application' | 'operator' | 'service'; readonly id: string },
): Promise<IssuedCertificate> {
  return pki.issueClientCertificate({
    issuer: fleet.authorities['client-ca'],
    subject: { organization: fleet.name, commonName: id },
    publicKey,
    validity: lasting(nowMs, LEAF_LIFE_MS),
    identity: identityUri(fleet.name, role, id),
  });
}

/** For a slot of a part. The caller has checked the request against the part's evidence. */
export function issueDevice(
  { fleet, publicKey, nowMs }: NewLeaf,
  { slot, identity }: { readonly slot: FactoryKeySlot; readonly identity: PartIdentity },
): Promise<IssuedCertificate> {
  const { fromMs, untilMs } = lasting(nowMs, LEAF_LIFE_MS);
  return pki.issueClientCertificate({
    issuer: fleet.authorities['device-ca'],
    subject: { organization: fleet.name, commonName: identity.id },
    publicKey,
    validity: { fromMs, untilMs: slot === 'idevid' ? NO_EXPIRY_MS : untilMs },
    identity: identityUri(identity.fleet, 'device', identity.id),
  });
}

/** For the attestation key of a part: its common name is the serial number, which the line compares. */
export function issueAttestation(
  { fleet, publicKey, nowMs }: NewLeaf,
  { serial }: { readonly serial: string },
): Promise<IssuedCertificate> {
  return pki.issueAttestationCertificate({
    issuer: fleet.authorities['maker-ca'],
    subject: { organization: MAKER, commonName: serial },
    publicKey,
    validity: lasting(nowMs, ROOT_LIFE_MS),
  });
}

function lasting(nowMs: number, lifeMs: number): pki.Validity {
  return { fromMs: nowMs - BACKDATED_MS, untilMs: nowMs + lifeMs };
}
