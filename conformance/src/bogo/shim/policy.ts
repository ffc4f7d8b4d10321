import { Buffer } from 'node:buffer';
import { type CipherSuite, defaultTlsPolicy, type Group, type TlsPolicy } from '@keystile/tls';
import { groupCodes, signatureSchemeCodes, suiteParameters } from '@keystile/tls/codec';
import { type Flags, Unimplemented } from './flags.ts';

/** The policy that the flags name. It is one of the product's: nothing here is laxer than what a part can be given. */
export function policyOf(flags: Flags): TlsPolicy {
  const wanted = flags.curves?.map((code) => named(groupCodes, code));
  const versions = versionsOf(flags);
  const groups = versions.includes('1.2') ? withCertificateCurve(wanted ?? allGroups) : (wanted ?? allGroups);
  const protocols = flags['advertise-alpn'];
  return {
    ...defaultTlsPolicy,
    versions,
    suites: suitesOf(versions),
    groups,
    keyShares:
      flags['key-shares']?.map((code) => named(groupCodes, code)) ??
      (wanted === undefined ? ['X25519'] : firstShares(wanted)),
    signatureSchemes:
      flags['verify-prefs']?.map((code) => named(signatureSchemeCodes, code)) ?? defaultTlsPolicy.signatureSchemes,
    alpn: protocols === undefined ? [] : protocolNames(Buffer.from(protocols)),
    requestOcsp: flags['enable-ocsp-stapling'] === true,
  };
}

const allGroups: readonly Group[] = ['X25519', 'P-256', 'P-384', 'X25519MLKEM768'];

/** In TLS 1.2 a policy must list a curve that a server's key can be on. What the runner wants to be used stays first. */
function withCertificateCurve(groups: readonly Group[]): readonly Group[] {
  return groups.some((group) => group === 'P-256' || group === 'P-384') ? groups : [...groups, 'P-256'];
}

/** The most preferred group and one of the other kind (hybrid or not): a guess at what either sort of server can use. */
function firstShares(groups: readonly Group[]): readonly Group[] {
  const [first] = groups;
  const other = groups.find((group) => isHybrid(group) !== (first !== undefined && isHybrid(first)));
  return [first, other].filter((group) => group !== undefined);
}

function isHybrid(group: Group): boolean {
  return group === 'X25519MLKEM768';
}

function versionsOf(flags: Flags): TlsPolicy['versions'] {
  const { 'min-version': least = 0, 'max-version': most = 0xffff } = flags;
  const allowed = known.filter(({ code, off }) => code >= least && code <= most && flags[off] !== true);
  if (allowed.length === 0) throw new Unimplemented('a version that the product does not have');
  return allowed.map(({ name }) => name);
}

const known = [
  { name: '1.3', code: 0x0304, off: 'no-tls13' },
  { name: '1.2', code: 0x0303, off: 'no-tls12' },
] as const;

function suitesOf(versions: TlsPolicy['versions']): readonly CipherSuite[] {
  return Object.values(suiteParameters)
    .filter(({ version }) => versions.includes(version))
    .map(({ name }) => name);
}

function named<Name extends string>(codes: Readonly<Record<Name, number>>, code: number): Name {
  for (const name in codes) if (codes[name] === code) return name;
  throw new Unimplemented(`the code point 0x${code.toString(16)}`);
}

/** RFC 7301's list: each name after one byte of length. */
function protocolNames(list: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at < list.length; ) {
    const end = at + 1 + list.readUInt8(at);
    names.push(list.subarray(at + 1, end).toString());
    at = end;
  }
  return names;
}
