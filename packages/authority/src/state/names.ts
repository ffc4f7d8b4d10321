import { KeystileError } from '@keystile/errors';

/**
 * Names that enter identities, topics and file paths, parsed once. What passes here holds no separator of a URN, a
 * topic or a path, and no wildcard.
 */
export type IdentityName = string & { readonly '~identityName': true };
export type PartName = string & { readonly '~partName': true };

/** One DNS label: it also has to fit a certificate's common name and one topic level. */
const IDENTITY_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const PART_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/;
/** The device's id ends in the last six characters of its serial number. */
const SERIAL_LENGTH_MIN = 6;

export type IdentityRole = 'device' | 'application' | 'operator' | 'service';

export function parseIdentityName(text: string): IdentityName {
  if (!IDENTITY_NAME.test(text)) throw new KeystileError('KS-A103', `"${text}" is no name for an identity`);
  return text as IdentityName;
}

export function parseSerial(text: string): PartName {
  const serial = parsePartName(text, 'serial number');
  if (serial.length < SERIAL_LENGTH_MIN) {
    throw new KeystileError('KS-A121', `the serial number "${text}" is shorter than ${SERIAL_LENGTH_MIN}`);
  }
  return serial;
}

export function parseModel(text: string): PartName {
  return parsePartName(text, 'model');
}

/** `urn:keystile:<fleet>:<role>:<id>`, the SAN of every certificate and the subject of every token. */
export function identityUri(fleet: string, role: IdentityRole, id: string): string {
  return `urn:keystile:${parseIdentityName(fleet)}:${role}:${parseIdentityName(id)}`;
}

function parsePartName(text: string, what: string): PartName {
  if (!PART_NAME.test(text)) throw new KeystileError('KS-A121', `"${text}" is no valid ${what}`);
  return text as PartName;
}
