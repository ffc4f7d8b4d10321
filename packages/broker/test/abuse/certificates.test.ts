import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { issueOddClient, type OddNames } from '@keystile/testkit/odd-client';
import { generate } from 'mqtt-packet';
import { mqttsListener, TestBroker } from '../support/test-broker.ts';
import { TestFleet, type TlsIdentity } from '../support/test-fleet.ts';

/**
 * Certificates that a configured CA has really signed, with names that no careful CA would: each over TLS, to the end. Who
 * is let in by one of them could be somebody else.
 */
const IDENTITY = 'urn:keystile:home:device:ac-1';
const url = (value: string) => ({ type: 'url', value }) as const;

const refused: Readonly<Record<string, OddNames>> = {
  'no name but the common name, which is an identity': { names: [], commonName: IDENTITY },
  'the identity as a DNS name': { names: [{ type: 'dns', value: IDENTITY }] },
  'the identity as an e-mail address': { names: [{ type: 'email', value: IDENTITY }] },
  'two identities': { names: [url(IDENTITY), url('urn:keystile:home:device:ac-2')] },
  'the same identity twice': { names: [url(IDENTITY), url(IDENTITY)] },
  'a second identity in capital letters': { names: [url(IDENTITY), url('URN:KEYSTILE:home:device:ac-2')] },
  'an identity that is +': { names: [url('urn:keystile:home:device:+')] },
  'an identity that is #': { names: [url('urn:keystile:home:device:#')] },
  'an identity with a slash': { names: [url('urn:keystile:home:device:ac-1/x')] },
  'an identity that is a pattern of regular expressions': { names: [url('urn:keystile:home:device:.*')] },
  'an identity with a NUL behind it': { names: [url(`${IDENTITY}\0.example`)] },
  'an identity with a line end': { names: [url(`${IDENTITY}\n`)] },
  'an identity with percent escapes': { names: [url('urn:keystile:home:device:ac%2D1')] },
  'an identity with a query': { names: [url(`${IDENTITY}?role=operator`)] },
  'an identity of another fleet': { names: [url('urn:keystile:office:device:ac-1')] },
  'an identity of a role that the CA may not issue': { names: [url('urn:keystile:home:operator:olga')] },
  'an empty name': { names: [url('')] },
  'a name of 20,000 characters': { names: [url(`urn:keystile:home:device:${'a'.repeat(20_000)}`)] },
  'a thousand names': { names: Array.from({ length: 1000 }, (_, at) => url(`urn:keystile:home:device:a${at}`)) },
  'the purpose of a server': { names: [url(IDENTITY)], purpose: 'server' },
};

describe('A certificate of a configured CA', () => {
  let fleet: TestFleet;
  let broker: TestBroker;

  before(async () => {
    fleet = await TestFleet.make();
    broker = await TestBroker.start(fleet, mqttsListener());
  });

  after(async () => {
    await broker.close();
    assert.deepEqual(broker.faults, []);
  });

  function odd(names: OddNames): Promise<TlsIdentity> {
    return issueOddClient(fleet.authorities['device-ca'], names);
  }

  /** The first packet of the broker, or undefined when it ends the connection without one. */
  async function answerTo(identity: TlsIdentity, clientId: string): Promise<number | undefined> {
    const where = { host: 'localhost', port: broker.port('mqtts'), ca: fleet.authorities.root.pem };
    const socket = connect({ ...where, ...identity });
    socket.on('error', () => undefined);
    let first: number | undefined;
    socket.on('data', (chunk: Buffer) => {
      first ??= chunk[0];
      socket.destroy();
    });
    socket.on('secureConnect', () =>
      socket.write(
        generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, clean: true, keepalive: 9, clientId }),
      ),
    );
    await once(socket, 'close');
    return first;
  }

  test('with one identity among other names is admitted', async () => {
    const names = [{ type: 'email', value: 'ac-1@example.org' } as const, url('https://example.org'), url(IDENTITY)];
    assert.equal(await answerTo(await odd({ names }), 'ac-1'), 0x20);
  });

  for (const [what, names] of Object.entries(refused)) {
    test(`with ${what} is refused, and the log says why`, async () => {
      broker.events.length = 0;
      assert.equal(await answerTo(await odd(names), 'ac-1'), undefined);
      for (let waited = 0; waited < 2000 && broker.codes.length === 0; waited += 10) await sleep(10);
      const [code] = broker.codes;
      assert.ok(code === 'KS-B112' || code === 'KS-B200' || code === 'KS-B201' || code === 'KS-B202', `${code}`);
      for (const { sentence = '' } of broker.events) assert.match(sentence, /^[\x20-\x7e]{1,1000}$/);
    });
  }
});
