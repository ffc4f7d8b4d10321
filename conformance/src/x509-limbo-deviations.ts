/**
 * Where we differ from the corpus, by family of cases, each with its reason. What no rule covers must agree, and every
 * rule is about `webpki::`.
 *
 * `web`: a rule of the CA/Browser Forum beyond RFC 5280. `rsa`: only under the laxer policy, since the product refuses
 * every RSA key. `opposite`: the corpus has the same chain with both results.
 */
export interface Deviation {
  readonly cases: RegExp;
  readonly policy: 'product' | 'laxer' | 'both';
  /** What we say where the corpus says the other. */
  readonly ours: 'accepted' | 'refused';
  readonly reason: string;
}

export const deviations: readonly Deviation[] = [
  {
    cases: /^webpki::aki::root-with-aki-/,
    policy: 'both',
    ours: 'accepted',
    reason: 'web: what a root says about its own issuer is not used; roots are trusted by digest',
  },
  {
    cases: /^webpki::cn::.*(mismatch|not-in-san)$/,
    policy: 'both',
    ours: 'accepted',
    reason: 'web: the common name is never read, so that it cannot mislead (RFC 9525)',
  },
  {
    cases: /^webpki::eku::(ee-anyeku|ee-critical-eku|root-has-eku)$/,
    policy: 'both',
    ours: 'accepted',
    reason: 'web: RFC 5280 allows it; the purpose that is asked for must be there all the same',
  },
  {
    cases: /^webpki::san::public-suffix-.*wildcard-san$/,
    policy: 'both',
    ours: 'accepted',
    reason: 'web: there is no list of public suffixes in a part; a fleet issues its own names',
  },
  {
    cases: /^webpki::san::san-critical-with-nonempty-subject$/,
    policy: 'both',
    ours: 'accepted',
    reason: 'web: RFC 5280 asks for criticality without a subject and does not forbid it with one',
  },
  {
    cases: /^webpki::malformed-aia$/,
    policy: 'both',
    ours: 'accepted',
    reason: 'web: authority information access is not followed and not read',
  },
  {
    cases: /^webpki::forbidden-(weak-)?rsa-/,
    policy: 'laxer',
    ours: 'accepted',
    reason: 'rsa: refused by the product whatever its size; the laxer policy exists for path logic only',
  },
  {
    cases: /^webpki::ee-basicconstraints-ca$/,
    policy: 'both',
    ours: 'accepted',
    reason: 'web: RFC 5280 allows a CA certificate as a leaf, and rfc5280::ca-as-leaf demands it',
  },
  {
    cases: /^webpki::nc::permitted-dns-match-noncritical$/,
    policy: 'both',
    ours: 'refused',
    reason: 'opposite: rfc5280::nc::permitted-dns-match-noncritical must be refused',
  },
];
