import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { certificatesOf } from '../../src/node/certificates.ts';
import { pathVerifier } from '../../src/node/index.ts';
import { IssuingRoot } from '../support/issued.ts';

let root: IssuingRoot;
let server: string;
before(async () => {
  root = await IssuingRoot.make();
  ({ pem: server } = await root.server('broker.test'));
});

describe('certificates of a caller', () => {
  it('may be PEM with any number in it, DER, or a list of both, and keep their order', () => {
    const [rootDer] = certificatesOf('ca', root.pem);
    const [leafDer] = certificatesOf('cert', server);
    for (const given of [[root.pem, server], [rootDer, leafDer], `text before\n${root.pem}between\n${server}after`]) {
      assert.deepEqual(certificatesOf('ca', given).slice(0, 2), [rootDer, leafDer]);
    }
    assert.deepEqual(certificatesOf('ca', rootDer), [rootDer]);
  });

  it('are refused, and named by the option they came in, when they are none', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n';
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    for (const given of ['', key, broken, new Uint8Array(0), Uint8Array.of(0x30, 0), []]) {
      assert.throws(() => certificatesOf('cert', given), { code: 'KS-T131', message: /cert holds/ });
    }
  });
});

describe('the path verifier', () => {
  const day = 86_400_000;

  it('judges by the roots, the name and the time that it was given', () => {
    const chain = certificatesOf('cert', server);
    const at = (nowMs: number, serverName = 'broker.test') =>
      pathVerifier({ ca: root.pem, nowMs: () => nowMs }).verify({ chain, serverName });
    const { path, notAfterMs } = at(Date.now());
    assert.deepEqual(path[0], chain[0]);
    assert.ok(notAfterMs > Date.now());
    assert.throws(() => at(Date.now() + 3 * day), { code: 'KS-P102' });
    assert.throws(() => at(Date.now() - 3 * day), { code: 'KS-P103' });
    assert.throws(() => at(Date.now(), 'other.test'), { code: /^KS-P/ });
  });
});
