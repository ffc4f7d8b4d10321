/**
 * The seam to path validation: the engine parses no certificate and decides no trust. `@keystile/pki/path` stands
 * behind it in the secure IC.
 */
export interface CertificateVerifier {
  /** Throws a `KeystileError` (its code chooses the alert) or returns the proof of what it found. Never a boolean. */
  verify(request: ServerCertificateRequest): VerifiedServerPath;
}

export interface ServerCertificateRequest {
  /** DER, in the server's order: its own certificate first, 1 to 16 of them. */
  readonly chain: readonly Uint8Array[];
  /** The name that was dialled: a DNS name or an IP address literal. */
  readonly serverName: string;
  /** DER OCSPResponse, if the policy asked and the server stapled one. */
  readonly stapledOcsp?: Uint8Array;
}

export interface VerifiedServerPath {
  /** DER SubjectPublicKeyInfo of the leaf: the key that must sign the handshake. */
  readonly leafSpki: Uint8Array;
  /** DER, leaf first, without the anchor. */
  readonly path: readonly Uint8Array[];
  /** Which anchor the path ends at, by the digest the verifier uses for its anchors. */
  readonly anchorDigest: Uint8Array;
  /** When the first certificate of the path expires, in milliseconds since 1970. */
  readonly notAfterMs: number;
}
