import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { decodeEvidenceAnswer, evidence, peekStatement } from '@keystile/cose';
import { type DeviceStream, type EvidenceAnswers, evidenceAnswers, evidenceProperties, stream } from '@keystile/device';
import { type EchoServer, echoServer, InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';

type Answer = Parameters<Parameters<EvidenceAnswers>[1]>[1];

let fleet: TestFleet;
let part: InProcessPart;
let server: EchoServer;
let connection: DeviceStream;
let socket: TLSSocket;
before(async () => {
  fleet = await TestFleet.create();
  part = new InProcessPart({ clock: fleet.clock });
  await fleet.provision(part);
  await fleet.boot(part.host);
  server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice });
  connection = dial();
  [socket] = await Promise.all([server.nextSocket(), once(connection, 'secureConnect')]);
});
after(async () => {
  connection.destroy();
  await server.close();
  fleet.remove();
});

function dial(): DeviceStream {
  return stream({ part: part.host, policy: 'fleet', host: '127.0.0.1', port: server.port, serverName: SERVER_NAME });
}

function ask(on: DeviceStream | undefined, nonce: Uint8Array | undefined, reasonCode = 0x18): Promise<Answer> {
  const properties = { ...evidenceProperties, ...(nonce && { authenticationData: nonce }) };
  return new Promise((resolve, reject) => {
    evidenceAnswers(() => on)({ reasonCode, properties }, (error, packet) => {
      if (error === undefined) resolve(packet);
      else reject(error);
    });
  });
}

describe('the answers of a device to a broker that asks for evidence', () => {
  it('hold the statement of the part about this connection, and the chain of its key', async () => {
    const nonce = randomBytes(32);
    const packet = await ask(connection, nonce);
    assert.ok(packet !== undefined);
    assert.equal(packet.cmd, 'auth');
    assert.equal(packet.reasonCode, 0x18);
    assert.equal(packet.properties.authenticationMethod, 'keystile-evidence-1');
    const { statement, chain } = decodeEvidenceAnswer(packet.properties.authenticationData);
    const { nonce: stated, session } = evidence.decode(peekStatement(statement).payload);
    assert.deepEqual(Buffer.from(stated), nonce);
    const exporter = socket.exportKeyingMaterial(32, 'EXPORTER-keystile-evidence-1', nonce);
    assert.deepEqual(Buffer.from(session.exporter), exporter);
    assert.equal(chain.length, 2, 'the attestation certificate and its maker');
  });

  it('are none to the end of a re-authentication', async () => {
    assert.equal(await ask(connection, undefined, 0), undefined);
  });

  it('are a coded error when there is no nonce, no connection, or the part refuses', async () => {
    for (const nonce of [undefined, new Uint8Array(0), randomBytes(31), randomBytes(33)]) {
      await assert.rejects(ask(connection, nonce), { code: 'KS-S128' });
    }
    await assert.rejects(ask(undefined, randomBytes(32)), { code: 'KS-D100' });
    const early = dial();
    early.on('error', () => undefined);
    await assert.rejects(ask(early, randomBytes(32)), { code: 'KS-D100' });
    early.destroy();
    await once(early, 'close');
  });
});
