import { after, before, test } from 'node:test';
import { HostPairing, openPart } from '@keystile/device';
import { commands } from '@keystile/link';
import { ProcessPart } from '@keystile/testkit/field';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.provisioned();
});
after(() => device.remove());

test('a command that somebody else puts on the bus is refused', async () => {
  const probe = await openPart({ path: device.part.busPath, bus: 'spi:10MHz' });
  try {
    await assertRefused(probe.call(commands.bootBegin, {}), {
      code: 'KS-C170',
      says: /BOOT_BEGIN needs the channel of the host that the part is paired with/,
      fix: /pairing of its host/,
    });
  } finally {
    probe.close();
  }
});

test('a part that is moved to another host is refused by the part, also when that host knows its key', async () => {
  const partKey = device.part.pairing.partKey ?? new Uint8Array(32);
  const pairing = HostPairing.create().withPart(partKey);
  await assertRefused(openPart({ path: device.part.busPath, bus: 'spi:10MHz', pairing }), {
    code: 'KS-C172',
    says: /the part is paired with host [0-9a-f]{16}, this is [0-9a-f]{16}/,
    fix: /Use the host that the part was paired with/,
  });
});

test('another part in the place of the own one is refused by the host, also when it was paired with the host too', async () => {
  const { pairing } = device.part;
  const second = await ProcessPart.start(new HostPairing(pairing.exportPrivateKey()));
  try {
    await device.fleet.provision(second);
    await assertRefused(openPart({ path: second.busPath, bus: 'spi:10MHz', pairing }), {
      code: 'KS-D120',
      says: /part [0-9a-f]{16} is not the one of this host/,
      fix: /Put the part back that belongs to this host/,
    });
  } finally {
    await second.remove();
  }
});

test('with its own host the part works on', async () => {
  await device.fleet.boot(device.part.host);
  await device.connects();
});
