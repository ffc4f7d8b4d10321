/** TLS connections for Node programs whose client key is elsewhere. */
export type { Certificates } from './certificates.ts';
export { type ConnectOptions, connect } from './connect.ts';
export { ecdsaSignatureOf } from './ecdsa-signature.ts';
export { type PathVerifierOptions, pathVerifier } from './path-verifier.ts';
export type { Signer, TlsStream } from './tls-stream.ts';
