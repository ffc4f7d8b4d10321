import { KeystileError } from '@keystile/errors';
import type { Certificate } from './certificate.ts';
import { parseIpAddress } from './ip-address.ts';

/**
 * Server identity by RFC 9525: dNSName with at most one wildcard, which is the whole left-most label, or iPAddress.
 * The common name does not count.
 */

const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const DNS_NAME_MAX = 253;

/** A host name in its comparable form, or undefined when it is none (a trailing dot is allowed and dropped). */
export function hostName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '');
  const isName = name.length <= DNS_NAME_MAX && name.split('.').every((part) => label.test(part));
  return isName ? name : undefined;
}

/** Whether `pattern`, exact or with a left-most wildcard, covers the host name. */
export function coversHostName(pattern: string, name: string): boolean {
  const lower = pattern.toLowerCase();
  if (!lower.startsWith('*.')) return hostName(lower) === name && !lower.endsWith('.');
  const suffix = lower.slice(1);
  const dot = name.indexOf('.');
  // A wildcard above a single label would cover a whole top-level domain.
  if (dot < 0 || !suffix.slice(1).includes('.') || hostName(suffix.slice(1)) === undefined) return false;
  return name.slice(dot) === suffix;
}

/** Throws `KS-P104` unless the certificate is for the name, which is a DNS name or an IP address as text. */
export function checkServerIdentity(certificate: Certificate, serverName: string): void {
  const names = certificate.subjectAlternativeNames ?? [];
  const address = parseIpAddress(serverName);
  const name = address === undefined ? hostName(serverName) : undefined;
  const matches = names.some((each) => {
    if (address !== undefined) return each.kind === 'ip' && Buffer.compare(each.value, address) === 0;
    return name !== undefined && each.kind === 'dns' && coversHostName(each.value, name);
  });
  if (matches) return;
  const own = names.flatMap((each) =>
    each.kind === 'dns' ? [each.value] : each.kind === 'ip' ? [addressText(each.value)] : [],
  );
  const said = own.length === 0 ? 'no server name' : own.slice(0, 4).join(', ');
  throw new KeystileError('KS-P104', `the server certificate is for ${said}; the device dialled ${serverName}`);
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  return Array.from({ length: bytes.length / 2 }, (_, i) =>
    ((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)).toString(16),
  ).join(':');
}
