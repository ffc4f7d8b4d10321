import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { after, before, beforeEach, describe, it } from 'node:test';
import { isRenewalPending, renewalDue, renewalTimeMs, renewCertificate, stream } from '@keystile/device';
import { chainFields, commands, decodeField, READ_MAX } from '@keystile/link';
import { chainForSpare, type EchoServer, echoServer, InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';
import fc from 'fast-check';

let fleet: TestFleet;
let operational: InProcessPart;
let part: InProcessPart;
let server: EchoServer;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  await fleet.provision(operational);
  server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice });
});
after(async () => {
  await server.close();
  fleet.remove();
});
beforeEach(async () => {
  part = operational.fork();
  await fleet.boot(part.host);
});

/** The test's CA: it looks at what was sent, and asks the part for the same request again. */
const chainFor = (): Promise<readonly Uint8Array[]> => chainForSpare(part, fleet.renewalRequest);

async function serialInUse(): Promise<string> {
  const { bytes } = await part.call(commands.read, { object: 'ldevid-chain', offset: 0, lengthMax: READ_MAX });
  const [leaf] = decodeField(chainFields, bytes.slice());
  return new X509Certificate(leaf ?? new Uint8Array(0)).serialNumber;
}

/** A connection that the server answers, and the certificate that it saw. */
async function serialShown(): Promise<string | undefined> {
  const options = { chip: part.host, host: '127.0.0.1', port: server.port, serverName: SERVER_NAME };
  const connection = stream(options);
  const accepted = server.nextSocket();
  connection.write('x');
  await once(connection, 'data');
  const shown = (await accepted).getPeerX509Certificate()?.serialNumber;
  connection.destroy();
  await once(connection, 'close');
  return shown;
}

describe('the renewal of a certificate, driven by the host', { timeout: 60_000 }, () => {
  it('installs what the authority issues, and the next connection proves it', async () => {
    const old = await serialInUse();
    const requests: Uint8Array[] = [];
    await renewCertificate(part.host, (request) => {
      requests.push(request);
      return chainFor();
    });
    assert.equal(requests[0]?.[0], 0x30, 'a CertificationRequest in DER');
    assert.equal(await isRenewalPending(part.host), true);
    assert.equal(await serialInUse(), old);
    const shown = await serialShown();
    assert.notEqual(shown, old);
    assert.equal(await serialInUse(), shown);
    assert.equal(await isRenewalPending(part.host), false);
  });

  it('that no authority answers leaves the old certificate, and costs the part one key however often it is tried', async () => {
    const refusing = (): Promise<never> => Promise.reject(new Error('authority away'));
    await assert.rejects(renewCertificate(part.host, refusing), /authority away/);
    const { writes } = part;
    for (let attempt = 0; attempt < 5; attempt++) {
      await assert.rejects(renewCertificate(part.host, refusing), /authority away/);
    }
    assert.equal(part.writes, writes);
    await renewCertificate(part.host, chainFor);
    assert.equal(await serialShown(), await serialInUse());
  });

  it('with the certificate of another key is refused by the part', async () => {
    const other = operational.fork();
    await fleet.boot(other.host);
    const foreign = (): Promise<readonly Uint8Array[]> => fleet.renewal(other);
    await assert.rejects(renewCertificate(part.host, foreign), { code: /^KS-[CP]/ });
    assert.equal(await isRenewalPending(part.host), false);
  });
});

describe('the time of a renewal', { timeout: 60_000 }, () => {
  it('is between two thirds and three quarters of life, by chance, and does not move', () => {
    const life = fc.tuple(
      fc.nat(2 ** 41),
      fc.integer({ min: 1000, max: 2 ** 38 }),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
    );
    fc.assert(
      fc.property(life, ([fromMs, lengthMs, random]) => {
        const validity = { fromMs, untilMs: fromMs + lengthMs };
        const at = renewalTimeMs(validity, random);
        assert.ok(at >= fromMs + (lengthMs * 2) / 3 - 1 && at <= fromMs + lengthMs * 0.75 + 1);
        assert.equal(renewalDue(validity, at - 1, random), false);
        assert.equal(renewalDue(validity, at + 1, random), true);
      }),
      { numRuns: 200 },
    );
  });
});
