import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { evidence, peekStatement } from '@keystile/cose';
import { type BootImages, bootPart, type LaterStage } from '@keystile/device';
import { commands } from '@keystile/link';
import { type EchoServer, echoServer, InProcessPart, TestFleet } from '@keystile/testkit';
import { HandDrivenSession } from '../support/hand-driven-session.ts';

/** What a host says of the stages that it loaded after the first: checked against the manifest, and never more than said. */
const kernel: LaterStage = { name: 'kernel', digest: new Uint8Array(32).fill(6) };
const rootfs: LaterStage = { name: 'rootfs', digest: new Uint8Array(32).fill(7) };

let fleet: TestFleet;
let operational: InProcessPart;
let server: EchoServer;
let release: BootImages;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  await fleet.provision(operational);
  server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice });
  release = await fleet.release({ firmwareVersion: 3, laterStages: [kernel, rootfs] });
});
after(async () => {
  await server.close();
  fleet.remove();
});

async function bootFails(laterStages: readonly LaterStage[], expected: object): Promise<void> {
  const part = operational.fork();
  await assert.rejects(bootPart(part.host, { ...release, laterStages }), expected);
  assert.equal((await part.call(commands.status, {})).bootState, 'failed');
  await assert.rejects(part.call(commands.csr, { slot: 'ldevid' }), { code: 'KS-C112' });
}

describe('later boot stages', () => {
  it('stand in evidence with the version of the manifest, as reported', async () => {
    const part = operational.fork();
    await bootPart(part.host, { ...release, laterStages: [rootfs, kernel] });
    const { handle } = await HandDrivenSession.connect(part, server.port);
    const { statement } = await part.call(commands.evidence, { handle, nonce: new Uint8Array(32) });
    const { components } = evidence.decode(peekStatement(statement).payload);
    const { digest } = kernel;
    assert.deepEqual(components.get('kernel'), { version: 3, digest, origin: 'reported' });
    const origins = [...components].map(([name, { origin }]) => `${name} ${origin}`).toSorted();
    assert.deepEqual(origins, ['configuration measured', 'firmware measured', 'kernel reported', 'rootfs reported']);
  });

  it('with another digest than the manifest’s fail the boot', () =>
    bootFails([kernel, { ...rootfs, digest: kernel.digest }], {
      code: 'KS-C250',
      detail: /'rootfs' is reported otherw/,
    }));

  it('that the manifest does not name fail the boot', () =>
    bootFails([kernel, rootfs, { ...kernel, name: 'rootkit' }], { code: 'KS-C250', detail: /'rootkit' is not in it/ }));

  it('that are reported twice fail the boot', () =>
    bootFails([kernel, rootfs, kernel], { code: 'KS-C250', detail: /'kernel' is reported otherwise or twice/ }));

  it('that the host keeps to itself fail the boot', async () => {
    await bootFails([kernel], { code: 'KS-C251', detail: /'rootfs' of version 3/ });
    await bootFails([], { code: 'KS-C251', detail: /'kernel' of version 3/ });
  });

  it('are at most sixteen', async () => {
    const many = Array.from({ length: 16 }, (_, at) => ({ name: `stage-${at}`, digest: new Uint8Array(32).fill(at) }));
    await bootPart(operational.fork().host, await fleet.release({ laterStages: many }));
    const part = operational.fork();
    const tooMany = { ...release, laterStages: [...many, kernel] };
    await assert.rejects(bootPart(part.host, tooMany), /17 items where at most 16 belong/);
  });
});
