import { KeystileError } from '@keystile/errors';
import type { Certificate } from './certificate.ts';
import { equalNames, isWithin } from './distinguished-name.ts';
import type { GeneralName } from './extensions/general-name.ts';
import type { NameConstraints } from './extensions/name-constraints.ts';
import { parseIpAddress } from './ip-address.ts';
import { hostName } from './server-identity.ts';

/**
 * Name constraints (RFC 5280 §4.2.1.10) over a whole path: every name of every certificate below a constraining CA,
 * self-issued intermediates excepted. A kind of constraint that is not understood refuses any name of that kind.
 */

/**
 * `path` is leaf first and ends below the anchor; `anchor` holds the constraints of the root itself. `spend` is told how
 * many comparisons come next, and throws when they are too many.
 */
export function checkNameConstraints(
  path: readonly Certificate[],
  anchor: NameConstraints | undefined,
  spend: (comparisons: number) => void,
): void {
  for (let i = 0; i < path.length; i++) {
    const certificate = path[i];
    if (certificate === undefined || (i > 0 && equalNames(certificate.subject, certificate.issuer))) continue;
    const above = [...path.slice(i + 1).map((each) => each.nameConstraints), anchor];
    for (const constraints of above) {
      if (constraints === undefined) continue;
      for (const name of namesOf(certificate)) {
        spend(constraints.permitted.length + constraints.excluded.length);
        checkName(name, constraints);
      }
    }
  }
}

function namesOf({ subject, subjectAlternativeNames }: Certificate): readonly GeneralName[] {
  // RFC 5280 §4.2.1.10: a mail address in the subject counts where there are no alternative names.
  const other = subjectAlternativeNames ?? subject.mailAddresses.map((value) => ({ kind: 'email', value }) as const);
  return subject.relativeNames.length === 0 ? other : [{ kind: 'directory', value: subject }, ...other];
}

function checkName(name: GeneralName, constraints: NameConstraints): void {
  const ofKind = (bases: readonly GeneralName[]): readonly GeneralName[] =>
    bases.filter(
      (base) => base.kind === name.kind && (base.kind !== 'other' || name.kind !== 'other' || base.tag === name.tag),
    );
  const permitted = ofKind(constraints.permitted);
  const excluded = ofKind(constraints.excluded);
  if (permitted.length > 0 && !permitted.some((base) => within(name, base, 'permitted'))) {
    throw new KeystileError('KS-P108', `a CA in the path does not permit the name ${shown(name)}`);
  }
  if (excluded.some((base) => within(name, base, 'excluded'))) {
    throw new KeystileError('KS-P108', `a CA in the path excludes the name ${shown(name)}`);
  }
}

/**
 * Whether the name lies in the subtree. What cannot be judged counts against the name: as outside of what is
 * permitted, and as inside of what is excluded.
 */
function within(name: GeneralName, base: GeneralName, list: 'permitted' | 'excluded'): boolean {
  const doubtful = list === 'excluded';
  if (name.kind === 'directory' && base.kind === 'directory') return isWithin(name.value, base.value);
  if (name.kind === 'ip' && base.kind === 'ip') return addressWithin(name.value, base.value) ?? doubtful;
  if (name.kind === 'dns' && base.kind === 'dns') return dnsWithin(name.value, base.value, list) ?? doubtful;
  if (name.kind === 'uri' && base.kind === 'uri') return uriWithin(name.value, base.value) ?? doubtful;
  if (name.kind === 'email' && base.kind === 'email') return emailWithin(name.value, base.value) ?? doubtful;
  return doubtful;
}

function dnsWithin(name: string, base: string, list: 'permitted' | 'excluded'): boolean | undefined {
  if (base === '') return true;
  const wildcard = name.startsWith('*.');
  const host = hostName(wildcard ? name.slice(2) : name);
  const top = hostName(base);
  if (host === undefined || top === undefined || base.endsWith('.')) return undefined;
  if (host === top || host.endsWith(`.${top}`)) return !wildcard || host.length >= top.length;
  // `*.example.com` covers `a.example.com`: an excluded `a.example.com` must exclude the wildcard too.
  return wildcard && list === 'excluded' && top.endsWith(`.${host}`) && !top.slice(0, -host.length - 1).includes('.');
}

function addressWithin(address: Uint8Array, range: Uint8Array): boolean | undefined {
  if (address.length !== 4 && address.length !== 16) return undefined;
  if (range.length !== 8 && range.length !== 32) return undefined;
  if (range.length !== 2 * address.length) return false;
  const mask = range.subarray(address.length);
  if (!isPrefix(mask)) return undefined;
  return address.every((byte, i) => (byte & (mask[i] ?? 0)) === ((range[i] ?? 0) & (mask[i] ?? 0)));
}

/** RFC 5280 §4.2.1.10 takes CIDR: ones, then zeros. */
function isPrefix(mask: Uint8Array): boolean {
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits);
}

function uriWithin(uri: string, base: string): boolean | undefined {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/?#]*@)?([^/?#:[\]]+)(?::\d*)?(?:[/?#]|$)/i.exec(uri)?.[1];
  if (authority === undefined || parseIpAddress(authority) !== undefined) return undefined;
  return hostWithin(authority, base);
}

function emailWithin(email: string, base: string): boolean | undefined {
  const at = email.lastIndexOf('@');
  if (at < 1) return undefined;
  if (base.includes('@'))
    return (
      email.slice(0, at + 1) === base.slice(0, base.lastIndexOf('@') + 1) &&
      email.slice(at + 1).toLowerCase() === base.slice(base.lastIndexOf('@') + 1).toLowerCase()
    );
  return hostWithin(email.slice(at + 1), base);
}

/** `.example.com` covers hosts below it, `example.com` that host alone. */
function hostWithin(host: string, base: string): boolean | undefined {
  const name = hostName(host);
  if (name === undefined) return undefined;
  return base.startsWith('.') ? name.endsWith(base.toLowerCase()) : name === base.toLowerCase();
}

function shown(name: GeneralName): string {
  switch (name.kind) {
    case 'directory':
      return `'${name.value.text}'`;
    case 'ip':
      return `of the address ${name.value.join('.')}`;
    case 'other':
      return `of type ${name.tag & 0x1f}`;
    default:
      return `'${name.value.slice(0, 100)}'`;
  }
}
