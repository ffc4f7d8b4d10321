import {
  administratorKeysFields,
  anchorsFields,
  chainFields,
  identityFields,
  type ObjectName,
  objectNames,
  policiesFields,
} from '../../packages/link/src/index.ts';
import { table } from './document.ts';

/** What each object holds. A name that the protocol gains has to be described here, or the reference does not compile. */
const contents: Readonly<Record<ObjectName, string>> = {
  'attestation-chain': chainFields.layout,
  'attestation-public-key': 'SubjectPublicKeyInfo, DER',
  identity: identityFields.layout,
  'idevid-public-key': 'SubjectPublicKeyInfo, DER',
  'ldevid-public-key': 'SubjectPublicKeyInfo, DER',
  'idevid-chain': chainFields.layout,
  'ldevid-chain': chainFields.layout,
  anchors: anchorsFields.layout,
  policies: policiesFields.layout,
  'boot-key': 'SubjectPublicKeyInfo, DER, P-256',
  'time-key': 'SubjectPublicKeyInfo, DER, P-256',
  'administrator-keys': administratorKeysFields.layout,
  'host-pairing-key': 'SubjectPublicKeyInfo, DER, X25519',
};

export function objectTables(): string {
  const rows = objectNames.map((name, number) => [
    `${number}`,
    `\`${name}\``,
    `\`${contents[name].replaceAll('|', '\\|')}\``,
  ]);
  return table(['number', 'object', 'contents'], rows);
}
