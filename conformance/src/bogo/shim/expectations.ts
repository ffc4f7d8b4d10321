import { equalPublicBytes } from '@keystile/bytes';
import type { ClientStatus } from '@keystile/tls';
import { cipherSuiteCodes, groupCodes, signatureSchemeCodes } from '@keystile/tls/codec';
import { parseVerifyingKey } from '../../../../packages/tls/src/signature.ts';
import { certificatesIn } from './credential.ts';
import type { Flags } from './flags.ts';
import type { ServerPath } from './server-path.ts';

/** What the handshake came to, as far as the runner asks. */
export interface Outcome {
  readonly status: ClientStatus;
  readonly path: ServerPath;
  readonly hellosSent: number;
  /** Whether the connection follows one that it could resume. */
  readonly isResumable: boolean;
}

/** Throws with the expectation that does not hold. */
export function checkExpectations(flags: Flags, { status, path, hellosSent, isResumable }: Outcome): void {
  const cipher = status.cipherSuite && cipherSuiteCodes[status.cipherSuite];
  expect('version', flags['expect-version'], status.protocol === 'TLSv1.3' ? 0x0304 : 0x0303);
  expect('cipher', flags['expect-cipher'] ?? flags['expect-cipher-aes'], cipher);
  expect('resumed', isResumable && flags['expect-session-miss'] !== true, status.resumed);
  expect('curve', flags['expect-curve-id'], status.group && groupCodes[status.group]);
  expect('signature algorithm', flags['expect-peer-signature-algorithm'], signatureAlgorithm(status));
  expect('ALPN', flags['expect-alpn'] ?? '', status.alpn ?? '');
  expect('hello retry request', flags['expect-hrr'], hellosSent === 2);
  expect('no hello retry request', flags['expect-no-hrr'], hellosSent === 1);
  const isListed = flags['new-x509-credential'] === true;
  expect('client credential', flags['expect-selected-credential'], status.clientAuthenticated && isListed ? 0 : -1);
  // On a resumed connection the server presents nothing.
  if (!status.resumed) checkPresented(flags, path);
}

function checkPresented(flags: Flags, { presented }: ServerPath): void {
  expectBytes('OCSP response', flags['expect-ocsp-response'], presented?.stapledOcsp);
  const file = flags['expect-peer-cert-file'];
  if (file !== undefined) expectChain(certificatesIn(file), presented?.chain ?? []);
}

/** The scheme follows from the key: no key signs with two. */
function signatureAlgorithm({ serverPath }: ClientStatus): number | undefined {
  const key = serverPath && parseVerifyingKey(serverPath.leafSpki);
  return key && signatureSchemeCodes[key.scheme];
}

function expect<T>(what: string, wanted: T | undefined, got: T | undefined): void {
  if (wanted !== undefined && wanted !== got) throw new Error(`${what}: ${got} instead of ${wanted}`);
}

function expectBytes(what: string, wanted: Uint8Array | undefined, got: Uint8Array | undefined): void {
  if (wanted !== undefined && !equalPublicBytes(wanted, got ?? new Uint8Array(0))) throw new Error(`${what}: another`);
}

function expectChain(wanted: readonly Uint8Array[], got: readonly Uint8Array[]): void {
  expect('number of certificates', wanted.length, got.length);
  for (const [i, certificate] of wanted.entries()) expectBytes('certificate', certificate, got[i]);
}
