import { toHex } from '@keystile/bytes';
import { type Certificate, refuseUnknownCritical } from './certificate.ts';
import { notDer } from './der.ts';
import { equalNames } from './distinguished-name.ts';
import { BASIC_CONSTRAINTS } from './extensions/basic-constraints.ts';
import type { GeneralName } from './extensions/general-name.ts';
import { AUTHORITY_KEY_IDENTIFIER, SUBJECT_KEY_IDENTIFIER } from './extensions/key-identifiers.ts';
import { NAME_CONSTRAINTS } from './extensions/name-constraints.ts';
import { SUBJECT_ALTERNATIVE_NAME } from './extensions/subject-alternative-name.ts';
import { hostName } from './server-identity.ts';

/**
 * The certificate profile of RFC 5280 §4: what a conforming CA must and must not put into a certificate. A
 * certificate that breaks it comes from a CA that cannot be relied upon, or from somebody who plays with parsers.
 */
const POLICY_CONSTRAINTS = '2.5.29.36';

/**
 * `anchor`: the certificate is trusted as it is, so that what it says about an issuer of its own does not matter.
 * Throws `KS-P100` or `KS-P109`.
 */
export function checkProfile(certificate: Certificate, role: 'anchor' | 'received'): void {
  refuseUnknownCritical(certificate);
  checkIdentifiers(certificate, role);
  if (certificate.basicConstraints?.ca === true) checkAuthorityProfile(certificate);
  else checkEndEntityProfile(certificate);
  // RFC 5280 §4.2.1.11: always critical; and critical, it is not processed here.
  if (certificate.extensions.has(POLICY_CONSTRAINTS)) throw broken(certificate, 'has policy constraints');
  for (const name of certificate.subjectAlternativeNames ?? []) checkName(certificate, name);
}

/** RFC 5280 §4.2.1.1 and §4.2.1.2. */
function checkIdentifiers(certificate: Certificate, role: 'anchor' | 'received'): void {
  const selfIssued = equalNames(certificate.subject, certificate.issuer);
  if (role === 'received' && certificate.authorityKeyIdentifier === undefined && !selfIssued) {
    throw broken(certificate, 'has no authority key identifier');
  }
  for (const identifier of [AUTHORITY_KEY_IDENTIFIER, SUBJECT_KEY_IDENTIFIER]) {
    if (certificate.extensions.get(identifier) === true)
      throw broken(certificate, 'marks a key identifier as critical');
  }
}

/**
 * RFC 5280 §4.2.1.1 excuses only a self-signed certificate from naming its issuer's key. An anchor that another CA has
 * certified, and that does not say with which key, is taken only if a certificate that does say came with the chain:
 * same name, same key, and made as the profile asks.
 */
export function checkAnchorIdentifiers(anchor: Certificate, received: readonly Certificate[]): void {
  if (anchor.authorityKeyIdentifier !== undefined || equalNames(anchor.subject, anchor.issuer)) return;
  const conforming = received.some(
    (each) =>
      each.authorityKeyIdentifier !== undefined &&
      equalNames(each.subject, anchor.subject) &&
      toHex(each.spki) === toHex(anchor.spki),
  );
  if (!conforming) throw broken(anchor, 'is certified by another CA and has no authority key identifier');
}

function checkAuthorityProfile(certificate: Certificate): void {
  if (certificate.extensions.get(BASIC_CONSTRAINTS) !== true) {
    throw broken(certificate, 'is a CA whose basic constraints are not critical');
  }
  if (certificate.subjectKeyIdentifier === undefined) throw broken(certificate, 'is a CA without a key identifier');
  if (certificate.subject.relativeNames.length === 0) throw broken(certificate, 'is a CA without a name');
  if (certificate.nameConstraints !== undefined && certificate.extensions.get(NAME_CONSTRAINTS) !== true) {
    throw broken(certificate, 'has name constraints that are not critical');
  }
}

function checkEndEntityProfile(certificate: Certificate): void {
  if (certificate.nameConstraints !== undefined) throw broken(certificate, 'has name constraints and is no CA');
  if (certificate.keyUsage?.keyCertSign === true) throw broken(certificate, 'may sign certificates and is no CA');
  const unnamed = certificate.subject.relativeNames.length === 0;
  if (unnamed && certificate.extensions.get(SUBJECT_ALTERNATIVE_NAME) !== true) {
    throw broken(certificate, 'has neither a subject nor a critical alternative name');
  }
}

/** A name that no host, mailbox or network can have is a name that somebody hopes is read differently elsewhere. */
function checkName(certificate: Certificate, name: GeneralName): void {
  switch (name.kind) {
    case 'dns': {
      const host = hostName(name.value.startsWith('*.') ? name.value.slice(2) : name.value);
      if (host === undefined || host.includes('_') || name.value.endsWith('.'))
        throw broken(certificate, `has the malformed DNS name '${shownName(name.value)}'`);
      return;
    }
    case 'email':
      if (!/^[^@\s]+@[^@\s]+$/.test(name.value))
        throw broken(certificate, `has the malformed mail address '${shownName(name.value)}'`);
      return;
    case 'ip':
      if (name.value.length !== 4 && name.value.length !== 16) throw broken(certificate, 'has a malformed IP address');
      return;
    case 'uri':
      if (!/^[a-z][a-z0-9+.-]*:./i.test(name.value))
        throw broken(certificate, `has the malformed URI '${shownName(name.value)}'`);
      return;
    case 'directory':
    case 'other':
      return;
  }
}

/** A hostile name must not fill a log. */
function shownName(name: string): string {
  return name.slice(0, 64);
}

function broken(certificate: Certificate, what: string): Error {
  return notDer(`certificate '${certificate.subject.text}' ${what}`);
}
