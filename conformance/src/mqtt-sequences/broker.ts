import {
  insecureListener,
  mqttsListener,
  rulesFor,
  TestBroker,
  wssListener,
} from '../../../packages/broker/test/support/test-broker.ts';
import type { TestFleet } from '../../../packages/broker/test/support/test-fleet.ts';

/** A broker with the limits that the sequences were written for, on three listeners of its ordinary configuration. */
export interface Listeners {
  readonly ports: Readonly<Record<'insecure' | 'mqtts' | 'wss', number>>;
  readonly credentials: { readonly ca: string; readonly cert: string; readonly key: string };
  close(): Promise<void>;
}

/** A client id is the name of a test; the answers to CONNECT announce these limits. */
const settings = `client_ids = "any"
[listener.limits]
topic_aliases = 10
packet_size = 2000000
receive_maximum = 20
connect_timeout_ms = 60000
`;

const roles = ['application', 'operator', 'service'];
const clients = roles.map((role) => `${role} = 1000000`).join('\n');

export async function startListeners(fleet: TestFleet): Promise<Listeners> {
  const certificates = 'client_anchors = "client-anchors.pem"\n';
  const toml = [
    insecureListener(`identity = "urn:keystile:home:application:tests"\n${settings}`),
    mqttsListener(settings),
    wssListener(certificates + settings),
    // A wildcard matches no topic that begins with $; the sequences have two such.
    ...['#', '$SYS/#', '$test/#'].map((filter) => rulesFor(roles, filter)),
    `[clients_at_once]\n${clients}\n`,
  ].join('');
  const broker = await TestBroker.start(fleet, toml);
  const client = await fleet.client('application', 'tests');
  return {
    ports: { insecure: broker.port('insecure'), mqtts: broker.port('mqtts'), wss: broker.port('wss') },
    credentials: { ca: fleet.authorities.root.pem, ...client },
    close: () => broker.close(),
  };
}
