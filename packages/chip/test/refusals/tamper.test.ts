import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { commands } from '@keystile/link';
import { assertRefused, DeviceInTheField, type Refusal } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.booted();
});
after(() => device.remove());

const refused: Refusal = {
  code: 'KS-C113',
  says: /TLS_OPEN would use a key that a tamper event has destroyed/,
  fix: /Replace the part, and have the authority revoke its certificates/,
};

test('a part that was tampered with authenticates nobody, now and after every restart', async () => {
  const { fleet, part } = device;
  const server = await device.server();
  const session = device.dial(server);
  await once(session, 'secureConnect');
  await part.pin({ op: 'tamper', cause: 'glitch' });
  session.write('still there?');
  const [lost] = (await once(session, 'error')) as [Error & { code: string }];
  assert.equal(lost.code, 'KS-C163', 'the open session went with the keys');
  await assertRefused(device.dial(server), refused);

  await part.restart();
  assert.partialDeepStrictEqual(await part.call(commands.status, {}), { tampered: true, lifeCycle: 'tampered' });
  await assertRefused(fleet.boot(part.host), { ...refused, says: /BOOT_BEGIN is refused for ever/ });
  await assertRefused(device.dial(server), refused);
  await assertRefused(part.call(commands.generate, { slot: 'ldevid' }), { ...refused, says: /GENERATE is refused/ });
  await assertRefused(part.call(commands.csr, { slot: 'idevid' }), { ...refused, says: /CSR is refused for ever/ });
});
