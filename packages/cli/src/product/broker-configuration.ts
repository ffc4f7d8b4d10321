/**
 * The broker's configuration file, written anew at each start: ports and the console's origins may have changed. It is
 * the ordinary file that an operator writes; nothing in it is only for this command.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deviceList, Registry, registryPath } from '@keystile/authority';
import type { HomePaths } from '../home/paths.ts';
import { FLEET_NAME } from './fleet.ts';

export interface BrokerPorts {
  readonly broker: number;
  readonly websocket: number;
  /** Known, never 0: the pages' origins are made of it. */
  readonly console: number;
}

/** The path of the file. */
export async function writeBrokerConfiguration(paths: HomePaths, ports: BrokerPorts): Promise<string> {
  const file = join(paths.broker, 'broker.toml');
  await writeFile(file, configurationText(ports), { mode: 0o600 });
  const registry = await Registry.open(registryPath(paths.authority));
  await writeFile(join(paths.broker, 'devices.json'), deviceList(registry.parts), { mode: 0o600 });
  return file;
}

function configurationText(ports: BrokerPorts): string {
  const origins = ['localhost', '127.0.0.1', '[::1]'].map((host) => `"https://${host}:${ports.console}"`);
  return `# Written by keystile up at each start. Paths are relative to this file.

# The device itself, and the clients that its agent carries.
[clients_at_once]
device = 4

[[issuer]]
name = "device-ca"
certificate = "device-ca.pem"
fleet = "${FLEET_NAME}"
roles = ["device"]

[[issuer]]
name = "client-ca"
certificate = "client-ca.pem"
fleet = "${FLEET_NAME}"
roles = ["application", "operator", "service"]

[[listener]]
name = "devices"
kind = "mqtts"
port = ${ports.broker}
certificate = "cert.pem"
key = "key.pem"
client_anchors = "client-anchors.pem"

[[listener]]
name = "pages"
kind = "wss"
port = ${ports.websocket}
certificate = "cert.pem"
key = "key.pem"
token_key = "token-key.pem"
origins = [${origins.join(', ')}]

[control]
path = "../run/broker.sock"

[evidence]
maker_anchors = "maker-ca.pem"
registry = "devices.json"

# A device proves which secure IC it has and what runs on it, or is not admitted.
[[evidence.demand]]
roles = ["device"]
`;
}
