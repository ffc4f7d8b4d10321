import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type DeviceStream, type StreamOptions, stream } from '@keystile/device';
import { type ErrorCode, KeystileError } from '@keystile/errors';
import type { Policy } from '@keystile/link';
import {
  type EchoOptions,
  type EchoServer,
  echoServer,
  ProcessPart,
  SERVER_NAME,
  TestFleet,
} from '@keystile/testkit/field';
import { dialAndEcho } from './connect.ts';

/**
 * A device as its owner has it: a provisioned part in its own process, the device SDK on its bus, and whatever server
 * the test puts on the other end. One for a file of refusals.
 */
export class DeviceInTheField {
  readonly fleet: TestFleet;
  readonly part: ProcessPart;
  readonly #servers: EchoServer[] = [];

  private constructor(fleet: TestFleet, part: ProcessPart) {
    this.fleet = fleet;
    this.part = part;
  }

  /** Not booted yet. */
  static async provisioned(policies: PoliciesOf = ownPolicies): Promise<DeviceInTheField> {
    const [fleet, part] = await Promise.all([TestFleet.create(), ProcessPart.start()]);
    await fleet.provision(part, policies(fleet));
    return new DeviceInTheField(fleet, part);
  }

  static async booted(policies?: PoliciesOf): Promise<DeviceInTheField> {
    const device = await DeviceInTheField.provisioned(policies);
    await device.fleet.boot(device.part.host);
    return device;
  }

  /** A server that is right in everything but what `options` say. */
  async server(options: EchoOptions = {}): Promise<EchoServer> {
    const credential = options.cert === undefined ? await this.fleet.server() : {};
    const server = await echoServer({ ...credential, ...this.fleet.demandsDevice, ...options });
    this.#servers.push(server);
    return server;
  }

  dial({ port }: EchoServer, serverName: string = SERVER_NAME, options: DialOptions = {}): DeviceStream {
    return stream({ part: this.part.host, policy: 'fleet', host: '127.0.0.1', port, serverName, ...options });
  }

  /** The control: with nothing wrong, the same device does connect. */
  async connects(): Promise<void> {
    await dialAndEcho(this.dial(await this.server()));
  }

  async remove(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
    await this.part.remove();
    this.fleet.remove();
  }
}

type PoliciesOf = (fleet: TestFleet) => readonly Policy[];
type DialOptions = Partial<Pick<StreamOptions, 'policy' | 'revocationLists'>>;

const ownPolicies: PoliciesOf = ({ policies }) => policies;

/** What a person gets to read: the code, a sentence about this case, and what to do. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly says: RegExp;
  readonly fix: RegExp;
}

export async function assertRefused(attempt: DeviceStream | Promise<unknown>, refusal: Refusal): Promise<void> {
  const error = attempt instanceof Promise ? await thrownBy(attempt) : (await once(attempt, 'error'))[0];
  assertSays(error, refusal);
}

export function assertSays(error: unknown, { code, says, fix }: Refusal): void {
  assert.ok(error instanceof KeystileError, `not a coded error: ${String(error)}`);
  assert.equal(error.code, code, error.message);
  assert.match(error.detail, says);
  assert.match(error.fix, fix);
}

function thrownBy(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => assert.fail('it was not refused'),
    (error: unknown) => error,
  );
}
