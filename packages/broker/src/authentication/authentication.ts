import type { ConnectPacket } from '@keystile/mqtt';
import type { Role } from '../admission/identity.ts';
import type { Peer } from '../connection/parts.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { EnhancedAuthentication } from './enhanced-authentication.ts';
import type { AuthenticationMethod } from './method.ts';

/** A class of clients that is admitted only through a method. */
export interface MethodDemand {
  readonly method: string;
  readonly roles: readonly Role[];
  /** Any fleet when absent. */
  readonly fleet?: string | undefined;
  /** Names of listeners; all of them when absent. */
  readonly listeners?: readonly string[] | undefined;
}

export interface AuthenticationOptions {
  readonly methods: readonly AuthenticationMethod[];
  readonly demands: readonly MethodDemand[];
}

/** The methods of a broker, and who must use which. */
export class Authentication {
  readonly #methods: ReadonlyMap<string, AuthenticationMethod>;
  readonly #demands: readonly MethodDemand[];
  readonly #random: (length: number) => Uint8Array;

  constructor({ methods, demands }: AuthenticationOptions, random: (length: number) => Uint8Array) {
    this.#methods = new Map(methods.map((method) => [method.name, method]));
    this.#demands = demands;
    this.#random = random;
  }

  /** Whether CONNECT names what is demanded of the client, and what the broker has. */
  check(peer: Peer, { version, properties }: ConnectPacket): Refusal | undefined {
    const { authenticationMethod: named } = properties;
    if (named !== undefined && !this.#methods.has(named)) {
      return refuse('KS-B207', `authentication method '${named}' is not supported`);
    }
    const demanded = this.#demandOf(peer);
    if (demanded === undefined || demanded === named) return undefined;
    const { urn } = peer.credentials.identity;
    const lack = version < 5 ? 'this version of MQTT has no enhanced authentication' : 'CONNECT does not name it';
    return refuse('KS-B320', `'${urn}' has to authenticate by '${demanded}', and ${lack}`);
  }

  /** For a client whose CONNECT was checked; undefined when it names no method. */
  of(peer: Peer, { properties }: ConnectPacket): EnhancedAuthentication | undefined {
    const { authenticationMethod: named } = properties;
    const method = named === undefined ? undefined : this.#methods.get(named);
    if (method === undefined) return undefined;
    const { credentials, channel } = peer;
    return new EnhancedAuthentication(method, { credentials, channel, random: this.#random });
  }

  #demandOf({ credentials, listener }: Peer): string | undefined {
    const { fleet, role } = credentials.identity;
    return this.#demands.find(
      (demand) =>
        demand.roles.includes(role) &&
        (demand.fleet === undefined || demand.fleet === fleet) &&
        (demand.listeners === undefined || demand.listeners.includes(listener.name)),
    )?.method;
  }
}
