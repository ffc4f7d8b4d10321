/**
 * Cases of the corpus in which we differ, each with its reason. A case that is not in the list must agree.
 *
 * `revocation`: CRLs are not processed yet. `web`: a rule of the CA/Browser Forum beyond RFC 5280. `wide`: only under the
 * test's own wide rules, never under the product's. `opposite`: the corpus has the same chain with both results.
 */
export const deviations: Readonly<Record<string, string>> = {
  'crl::revoked-certificate-with-crl': 'revocation: the revocation list is not looked at',
  'crl::crlnumber-missing': 'revocation: the revocation list is not looked at',
  'crl::crlnumber-critical': 'revocation: the revocation list is not looked at',
  'crl::issuer-missing-crlsign': 'revocation: the revocation list is not looked at',
  'webpki::aki::root-with-aki-missing-keyidentifier':
    'web: what a root says about its own issuer is not used; roots are trusted by digest',
  'webpki::aki::root-with-aki-authoritycertissuer':
    'web: what a root says about its own issuer is not used; roots are trusted by digest',
  'webpki::aki::root-with-aki-authoritycertserialnumber':
    'web: what a root says about its own issuer is not used; roots are trusted by digest',
  'webpki::aki::root-with-aki-all-fields':
    'web: what a root says about its own issuer is not used; roots are trusted by digest',
  'webpki::aki::root-with-aki-ski-mismatch':
    'web: what a root says about its own issuer is not used; roots are trusted by digest',
  'webpki::cn::ipv4-hex-mismatch': 'web: the common name is never read, so that it cannot mislead (RFC 9525)',
  'webpki::cn::ipv4-leading-zeros-mismatch': 'web: the common name is never read, so that it cannot mislead (RFC 9525)',
  'webpki::cn::ipv6-uppercase-mismatch': 'web: the common name is never read, so that it cannot mislead (RFC 9525)',
  'webpki::cn::ipv6-uncompressed-mismatch': 'web: the common name is never read, so that it cannot mislead (RFC 9525)',
  'webpki::cn::ipv6-non-rfc5952-mismatch': 'web: the common name is never read, so that it cannot mislead (RFC 9525)',
  'webpki::cn::punycode-not-in-san': 'web: the common name is never read, so that it cannot mislead (RFC 9525)',
  'webpki::cn::utf8-vs-punycode-mismatch': 'web: the common name is never read, so that it cannot mislead (RFC 9525)',
  'webpki::cn::not-in-san': 'web: the common name is never read, so that it cannot mislead (RFC 9525)',
  'webpki::cn::case-mismatch': 'web: the common name is never read, so that it cannot mislead (RFC 9525)',
  'webpki::eku::ee-anyeku': 'web: RFC 5280 allows it; the purpose that is asked for must be there all the same',
  'webpki::eku::ee-critical-eku': 'web: RFC 5280 allows it; the purpose that is asked for must be there all the same',
  'webpki::eku::ee-without-eku':
    'wide: the product demands the extended key usage; RFC 5280, and so the wide rules, do not',
  'webpki::eku::root-has-eku': 'web: RFC 5280 allows it; the purpose that is asked for must be there all the same',
  'webpki::san::public-suffix-multi-label-wildcard-san':
    'web: there is no list of public suffixes in a part; a fleet issues its own names',
  'webpki::san::public-suffix-private-namespace-wildcard-san':
    'web: there is no list of public suffixes in a part; a fleet issues its own names',
  'webpki::san::san-critical-with-nonempty-subject':
    'web: RFC 5280 asks for criticality without a subject and does not forbid it with one',
  'webpki::malformed-aia': 'web: authority information access is not followed and not read',
  'webpki::forbidden-weak-rsa-key-in-root':
    'wide: RSA is refused by the product whatever its size; the wide rules exist for path logic only',
  'webpki::forbidden-weak-rsa-in-leaf':
    'wide: RSA is refused by the product whatever its size; the wide rules exist for path logic only',
  'webpki::forbidden-rsa-not-divisible-by-8-in-root':
    'wide: RSA is refused by the product whatever its size; the wide rules exist for path logic only',
  'webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf':
    'wide: RSA is refused by the product whatever its size; the wide rules exist for path logic only',
  'webpki::ee-basicconstraints-ca':
    'web: RFC 5280 allows a CA certificate as a leaf, and corpus cases of rfc5280:: demand it',
  'webpki::ca-as-leaf': 'wide: the product demands serverAuth and digitalSignature, which this CA lacks',
  'rfc5280::aki::cross-signed-root-missing-aki':
    'opposite: cve::cve-2024-0567 has such an anchor and must be accepted; the corpus calls this one pedantic and ambiguous',
  'webpki::nc::permitted-dns-match-noncritical':
    'opposite: rfc5280::nc::permitted-dns-match-noncritical must be refused',
};
