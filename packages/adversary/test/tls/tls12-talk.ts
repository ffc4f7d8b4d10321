import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import {
  type ClientOptions,
  defaultTlsPolicy,
  type ServerCertificateRequest,
  TlsClient,
  type TlsPolicy,
} from '@keystile/tls';
import type { alertCodes, Group } from '@keystile/tls/codec';
import { HostileTls12Server } from '../../src/index.ts';
import type { Party } from './talk.ts';

export interface Tls12TalkOptions {
  readonly policy?: Partial<TlsPolicy>;
  readonly options?: Partial<ClientOptions>;
  /** What the server's key exchange uses. */
  readonly group?: Group;
}

/** A client that offers both versions and a hostile server of TLS 1.2, which pass each other every byte at once. */
export class Tls12Talk {
  readonly client: TlsClient;
  readonly server: HostileTls12Server;
  /** What the client's verifier was asked. */
  readonly verified: ServerCertificateRequest[] = [];

  constructor(server: Party, { policy, options, group }: Tls12TalkOptions = {}) {
    this.server = new HostileTls12Server(server, group);
    this.client = new TlsClient({
      policy: {
        ...defaultTlsPolicy,
        versions: ['1.3', '1.2'],
        suites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
        alpn: [],
        ...policy,
      },
      serverName: 'broker.test',
      verifier: {
        verify: (request) => {
          this.verified.push(request);
          return { leafSpki: server.spki, path: request.chain, anchorDigest: new Uint8Array(32), notAfterMs: 0 };
        },
      },
      random: randomBytes,
      ...options,
    });
    this.client.start();
    this.server.receive(this.client.takeOutput());
  }

  say(bytes: Uint8Array): void {
    this.client.receive(bytes);
    this.server.receive(this.client.takeOutput());
  }

  /** One message in a record of its own, in the clear. */
  sayPlain(message: Uint8Array): void {
    this.say(this.server.plain('handshake', message));
  }

  connect(): void {
    this.say(this.server.honestFlight());
    this.say(this.server.honestEnd());
  }
}

export interface Tls12Anomaly {
  readonly name: string;
  readonly script: (talk: Tls12Talk) => void;
  readonly code: string;
  readonly alert?: keyof typeof alertCodes;
  /** Whether the client's alert must have left encrypted. */
  readonly encrypted?: boolean;
  readonly policy?: Partial<TlsPolicy>;
}

/** A test that a script of the server ends in exactly this refusal. */
export function refusesFor(party: Party): (anomaly: Tls12Anomaly) => void {
  return ({ name, script, code, alert, encrypted = false, policy = {} }) => {
    it(name, () => {
      const talk = new Tls12Talk(party, { policy });
      script(talk);
      assert.equal(talk.client.failure?.code, code, String(talk.client.failure));
      assert.deepEqual(talk.server.alerts, alert === undefined ? [] : [{ name: alert, isProtected: encrypted }]);
      // Nothing that comes later revives it, and nothing more is sent.
      talk.client.receive(randomBytes(100));
      assert.equal(talk.client.outputBytes, 0);
      assert.throws(() => talk.client.write(Uint8Array.of(1)), { code: 'KS-T130' });
    });
  };
}
