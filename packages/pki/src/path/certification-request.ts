import { encodeUtf8 } from '@keystile/bytes';
import { tags } from './der.ts';
import { bitString, element, objectIdentifier, utf8String } from './der-writer.ts';
import { SUBJECT_ALTERNATIVE_NAME } from './extensions/subject-alternative-name.ts';

/**
 * PKCS #10 requests (RFC 2986), written for the part: it fills in what its NVM says and signs with the slot's key.
 */
export interface RequestContent {
  readonly organization: string;
  readonly commonName: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** URI of the subject alternative name. */
  readonly uri: string;
}

const ORGANIZATION = '2.5.4.10';
const COMMON_NAME = '2.5.4.3';
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const TAG_ATTRIBUTES = 0xa0;
const TAG_URI = 0x86;
const VERSION_0: Uint8Array = Uint8Array.of(tags.integer, 1, 0);

/** CertificationRequestInfo: the bytes that are signed. */
export function certificationRequestInfo(content: RequestContent): Uint8Array {
  const subject = element(
    tags.sequence,
    relativeName(ORGANIZATION, content.organization),
    relativeName(COMMON_NAME, content.commonName),
  );
  const names = element(tags.sequence, element(TAG_URI, encodeUtf8(content.uri)));
  const extension = element(
    tags.sequence,
    objectIdentifier(SUBJECT_ALTERNATIVE_NAME),
    element(tags.octetString, names),
  );
  const attribute = element(
    tags.sequence,
    objectIdentifier(EXTENSION_REQUEST),
    element(tags.set, element(tags.sequence, extension)),
  );
  return element(tags.sequence, VERSION_0, subject, content.spki, element(TAG_ATTRIBUTES, attribute));
}

/** CertificationRequest, DER. `signature` is the DER form of ECDSA with SHA-256 over `info`. */
export function certificationRequest(info: Uint8Array, signature: Uint8Array): Uint8Array {
  const algorithm = element(tags.sequence, objectIdentifier(ECDSA_WITH_SHA256));
  return element(tags.sequence, info, algorithm, bitString(signature));
}

function relativeName(type: string, value: string): Uint8Array {
  return element(tags.set, element(tags.sequence, objectIdentifier(type), utf8String(value)));
}
