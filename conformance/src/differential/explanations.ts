/** Why the two judges differ, where they do. What no line covers is a failure of the suite. */
interface Explanation {
  /** Our refusal, or 'accepted'. */
  readonly ours: RegExp;
  /** OpenSSL's, or 'accepted'. */
  readonly theirs: RegExp;
  /** What was done to the case. */
  readonly about: RegExp;
  readonly reason: string;
}

const laxer: readonly Explanation[] = [
  {
    ours: /^accepted$/,
    theirs: /^certificate has expired/,
    about: /ends-now@/,
    reason: 'notAfter is the last valid second (RFC 5280 §4.1.2.5); OpenSSL ends one second earlier',
  },
  {
    ours: /^accepted$/,
    theirs: /^unsuitable certificate purpose/,
    about: /any-purpose@(root|[1-9])/,
    reason: 'a CA may name anyExtendedKeyUsage so as not to be restricted (RFC 5280 §4.2.1.12)',
  },
  {
    ours: /^accepted$/,
    theirs: /^CA cert does not include key usage/,
    about: /no-key-usage@(root|[1-9])/,
    reason: 'keyCertSign is checked where there is a key usage (RFC 5280 §6.1.4 n), as x509-limbo demands',
  },
  {
    ours: /^accepted$/,
    theirs: /^unable to get issuer certificate/,
    about: /foreign-authority-identifier@root/,
    reason: 'what a root says about its own issuer is not used; roots are trusted by digest',
  },
  {
    ours: /^accepted$/,
    theirs: /^no name fits$/,
    about: /dialled as .*\.$/,
    reason: 'a dialled name may end with the dot of the root, as DNS writes it',
  },
];

const stricter: readonly Explanation[] = [
  {
    ours: /^KS-P107: .* does not allow digital signatures$/,
    theirs: /^accepted$/,
    about: /leaf-key-agreement@0/,
    reason: 'a server of TLS 1.3 signs, and its key usage has to allow it (RFC 8446 §4.4.2.2)',
  },
  {
    ours: /^KS-P107: .* has no extended key usage serverAuth$/,
    theirs: /^accepted$/,
    about: /no-purpose@0/,
    reason: 'the product demands serverAuth on the leaf',
  },
  {
    ours: /^KS-P109: .* 2\.5\.29\.32$/,
    theirs: /^accepted$/,
    about: /policies-critical@/,
    reason: 'certificate policies are not processed, and critical they refuse',
  },
  {
    ours: /serial number (that is not positive|of 21 bytes)$/,
    theirs: /^accepted$/,
    about: /serial-(zero|long)@/,
    reason: 'a serial number is positive and at most 20 bytes long (RFC 5280 §4.1.2.2)',
  },
  {
    ours: /^KS-P113: .* no CRL number/,
    theirs: /^accepted$/,
    about: /without-number@list/,
    reason: 'a revocation list has a number (RFC 5280 §5.2.3)',
  },
  {
    ours: /^KS-P113: .* partial, indirect and delta lists/,
    theirs: /^accepted$/,
    about: /(for-users|for-authorities|indirect)@list/,
    reason: 'lists of limited scope are not processed, and so refused',
  },
  {
    ours: /^KS-P113: .* a time of another type$/,
    theirs: /^accepted$/,
    about: /without-end@list/,
    reason: 'a revocation list says when the next one comes (RFC 5280 §5.1.2.5)',
  },
  {
    ours: /^KS-P119: .* the critical extension /,
    theirs: /^accepted$/,
    about: /with-critical-extension/,
    reason: 'a critical extension of an OCSP answer that is not understood refuses (RFC 6960 §4.4)',
  },
  {
    ours: /^KS-P120: .* does not allow signatures$/,
    theirs: /^accepted$/,
    about: /by-delegate-for-agreement/,
    reason: 'a responder signs, and its key usage has to allow it (RFC 5280 §4.2.1.3)',
  },
  {
    ours: /^KS-P100: .* has the malformed DNS name /,
    theirs: /^accepted$/,
    about: / dialled as /,
    reason: 'a certificate with one malformed DNS name is refused whatever name is dialled (RFC 5280 §4.2.1.6)',
  },
  {
    ours: /^KS-P104: /,
    theirs: /^accepted$/,
    about: / dialled as (\*\.|\.|$)/,
    reason: 'a host is dialled by its name; a pattern, a suffix or nothing is none (RFC 9525 §6.1)',
  },
];

export function explanationOf(difference: {
  readonly about: string;
  readonly ours: string;
  readonly theirs: string;
}): string | undefined {
  return [...laxer, ...stricter].find(
    ({ ours, theirs, about }) =>
      ours.test(difference.ours) && theirs.test(difference.theirs) && about.test(difference.about),
  )?.reason;
}
