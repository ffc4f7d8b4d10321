import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { LOOPBACK, refuseBusyPorts } from '../../src/processes/ports.ts';

test('a busy port is refused with its number and the flag that changes it; 0 never is', async (t) => {
  const server = createServer().listen(0, LOOPBACK);
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const wanted = { flag: '--broker-port', purpose: 'MQTT over TLS' };
  await assert.rejects(refuseBusyPorts([{ ...wanted, port }]), {
    code: 'KS-U112',
    message: new RegExp(`port ${port} .*--broker-port`),
  });
  await refuseBusyPorts([{ ...wanted, port: 0 }]);
});

test('two flags that name one port are refused', async (t) => {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  t.diagnostic(`port ${port}`);
  const wanted = ['--a', '--b'].map((flag) => ({ port, flag, purpose: 'test' }));
  await assert.rejects(refuseBusyPorts(wanted), { code: 'KS-U112', message: /--a and --b/ });
});
