import type { ErrorEntry } from '../entry.ts';

/** Refusals of certificates and certificate paths (RFC 5280, RFC 9525). */
export const pathErrors = {
  'KS-P100': {
    fault: 'peer-misbehaved',
    title: 'certificate is not valid DER',
    cause: 'A certificate has a length, tag or value that strict DER or the profile of RFC 5280 forbids.',
    fix: 'Re-issue the certificate with a conforming CA.',
  },
  'KS-P101': {
    fault: 'peer-misbehaved',
    title: 'chain does not end at a trusted root',
    cause: 'No path leads from the server certificate to one of the roots that the policy of the part trusts.',
    fix: 'Let the server use a certificate of this fleet and send its intermediate certificates, or have the administrator add the root.',
  },
  'KS-P102': {
    fault: 'peer-misbehaved',
    title: 'certificate has expired',
    cause: 'The time of the part lies after the end of a certificate in the path.',
    fix: 'Renew the certificate; the time of the part comes from signed time tokens, never from the host.',
  },
  'KS-P103': {
    fault: 'peer-misbehaved',
    title: 'certificate is not valid yet',
    cause: 'The time of the part lies before the beginning of a certificate in the path.',
    fix: 'Give the part a fresh time token, or correct the clock of the CA.',
  },
  'KS-P104': {
    fault: 'peer-misbehaved',
    title: 'certificate is for another name',
    cause:
      'No subject alternative name of the server certificate is the name that was dialled (RFC 9525; the common name does not count).',
    fix: 'Dial a name that the certificate has, or issue a certificate with the name that devices dial.',
  },
  'KS-P105': {
    fault: 'peer-misbehaved',
    title: 'certificate signature does not verify',
    cause: 'A certificate in the path was not signed by the key of its issuer, or was changed afterwards.',
    fix: 'Send the chain as the CA issued it.',
  },
  'KS-P106': {
    fault: 'peer-misbehaved',
    title: 'issuer is not allowed to issue',
    cause:
      'A certificate in the path is no CA certificate, lacks the key usage keyCertSign, or its path length is exceeded.',
    fix: 'Issue server certificates by an issuing CA whose basicConstraints and keyUsage allow it.',
  },
  'KS-P107': {
    fault: 'peer-misbehaved',
    title: 'certificate is for another use',
    cause: 'The key usage or extended key usage of a certificate does not allow this role in TLS.',
    fix: 'Issue a server certificate with serverAuth, a client certificate with clientAuth.',
  },
  'KS-P108': {
    fault: 'peer-misbehaved',
    title: 'name lies outside the constraints of a CA',
    cause: 'A CA in the path may issue only for certain names, and the certificate has another one.',
    fix: 'Use the CA that is meant for this kind of name.',
  },
  'KS-P109': {
    fault: 'peer-incompatible',
    title: 'critical extension is not understood',
    cause: 'A certificate has an extension that is marked critical and that this validator does not process.',
    fix: 'Issue the certificate without that extension, or mark it as not critical.',
  },
  'KS-P110': {
    fault: 'peer-incompatible',
    title: 'algorithm is not allowed',
    cause: 'A key or a signature in the path is not ECDSA on P-256 or P-384 with the hash that belongs to it.',
    fix: 'Use ECDSA P-256 with SHA-256 or P-384 with SHA-384 for every certificate of the chain.',
  },
  'KS-P111': {
    fault: 'peer-misbehaved',
    title: 'path costs too much to validate',
    cause: 'The search for a path was stopped by a limit on certificates, signatures or name comparisons.',
    fix: 'Send only the certificates that lead from the server to the root.',
  },
  'KS-P112': {
    fault: 'peer-misbehaved',
    title: 'certificate request is not valid',
    cause: 'A PKCS #10 request is malformed, its key is not on P-256, or it is not signed by that key.',
    fix: 'Let the part make the request anew.',
  },
  'KS-P113': {
    fault: 'peer-misbehaved',
    title: 'revocation list is not valid',
    cause:
      'A certificate revocation list is not strict DER, breaks the profile of RFC 5280 section 5, or is of a kind that is not processed (delta, indirect, partial, or with an unknown critical extension).',
    fix: 'Let the CA issue complete lists of version 2 with cRLNumber, authorityKeyIdentifier and nextUpdate, and without issuingDistributionPoint.',
  },
  'KS-P114': {
    fault: 'peer-misbehaved',
    title: 'revocation list is not by the issuer',
    cause: 'The key of the issuer did not sign the revocation list, or its key usage lacks cRLSign.',
    fix: 'Supply the list as the CA issued it; a CA that issues lists needs cRLSign in its key usage.',
  },
  'KS-P115': {
    fault: 'peer-misbehaved',
    title: 'certificate is revoked',
    cause: 'The issuer, or its OCSP responder, says that a certificate in the path is revoked.',
    fix: 'Issue a new certificate with a new key. Find out why this one was revoked before anything trusts it again.',
  },
  'KS-P116': {
    fault: 'peer-misbehaved',
    title: 'revocation status is missing',
    cause:
      'The policy requires a revocation list or a stapled OCSP answer, or the certificate promises the latter (must-staple), and there is none.',
    fix: 'Turn on OCSP stapling at the server, supply the list of every CA in the path, or choose another revocation rule.',
  },
  'KS-P117': {
    fault: 'peer-misbehaved',
    title: 'revocation status is out of date',
    cause:
      'A revocation list or OCSP answer is past its next update, older than the policy allows, or dated in the future.',
    fix: 'Let the CA issue lists and answers before the old ones end (at half their life), and give the part a fresh time token.',
  },
  'KS-P118': {
    fault: 'part',
    title: 'freshness of the revocation status is not known',
    cause:
      'The policy requires a fresh revocation status, and the part has no young time token, so that it cannot tell a fresh one from an old one.',
    fix: 'Give the part a time token before it dials.',
  },
  'KS-P119': {
    fault: 'peer-misbehaved',
    title: 'OCSP answer is not valid',
    cause:
      'The stapled OCSP answer is not strict DER, has an unknown critical extension, reports an error of the responder, or is about another certificate.',
    fix: 'See what the responder answers (openssl ocsp -respin), and that the server staples the answer for its own certificate.',
  },
  'KS-P120': {
    fault: 'peer-misbehaved',
    title: 'OCSP responder is not authorised',
    cause:
      "The stapled OCSP answer is signed neither by the issuer of the certificate nor by a responder whose certificate that issuer's key has signed, that is valid now and has the extended key usage OCSPSigning.",
    fix: 'Let the issuing CA itself certify the responder (OCSPSigning), and let the answer carry that certificate.',
  },
  'KS-P121': {
    fault: 'peer-misbehaved',
    title: 'OCSP responder does not know the certificate',
    cause: 'The stapled OCSP answer has the status unknown.',
    fix: 'Load the certificate into the responder of its CA, or ask the responder that the certificate belongs to.',
  },
} as const satisfies Record<string, ErrorEntry>;
