import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fleet, party, Talk, Tls12Fleet, Tls12Talk } from '../../src/index.ts';

const honest = party();
const isFull = process.env.KEYSTILE_TEST_FULL === '1';

/** A server's way to the end of a handshake, whose flights can be changed on their way. */
interface Course {
  readonly name: string;
  readonly flights: number;
  /** Goes all of it and says what became of the client. */
  readonly go: (change: Change) => Talk | Tls12Talk;
}

type Change = (flight: Uint8Array, index: number) => Uint8Array;

const courses: readonly Course[] = [
  {
    name: 'TLS 1.3',
    flights: 1,
    go: (change) => {
      const talk = new Talk(honest);
      talk.client.receive(change(talk.server.honestFlight(), 0));
      return talk;
    },
  },
  {
    name: 'TLS 1.3, resumed',
    flights: 1,
    go: (change) => {
      const fleet = new Fleet(honest);
      const [psk] = fleet.issue({});
      const talk = fleet.talk();
      talk.client.receive(change(talk.server.honestResumedFlight(psk ?? assert.fail()), 0));
      return talk;
    },
  },
  { name: 'TLS 1.2', flights: 2, go: goTls12 },
  {
    name: 'TLS 1.2, resumed',
    flights: 1,
    go: (change) => {
      const fleet = new Tls12Fleet(honest);
      const session = fleet.issue(new Uint8Array(60));
      const talk = fleet.talk();
      talk.client.receive(change(talk.server.honestResumedFlight(session), 0));
      return talk;
    },
  },
];

/** The second flight can be made when the first was answered. */
function goTls12(change: Change): Tls12Talk {
  const talk = new Tls12Talk(honest);
  talk.client.receive(change(talk.server.honestFlight(), 0));
  try {
    talk.server.receive(talk.client.takeOutput());
  } catch {
    // The two saw different messages, so that the server has other keys than the client: there is no second flight.
    return talk;
  }
  if (talk.server.speech.some(({ name }) => name === 'ClientKeyExchange')) talk.say(change(talk.server.honestEnd(), 1));
  return talk;
}

for (const { name, flights, go } of courses) {
  for (let target = 0; target < flights; target++) {
    describe(`flight ${target} of ${name}`, () => {
      it('unchanged connects, so that the change is the cause of what follows', () => {
        assert.equal(go((flight) => flight).client.status.phase, 'connected');
      });

      it('never connects, whichever byte of its records was changed', () => {
        for (let at = 0, length = 1; at < length; at += isFull ? 1 : 7) {
          // RFC 8446 §5.1: the minor version of a plaintext record is ignored, in TLS 1.2 as long as it is not known.
          if (target === 0 && at === 2) continue;
          const { client } = go((flight, index) => {
            if (index !== target) return flight;
            ({ length } = flight);
            // Signatures differ in length: flights do too.
            return at < length ? Uint8Array.from(flight).with(at, (flight[at] ?? 0) ^ 1) : flight.subarray(1);
          });
          assert.notEqual(client.status.phase, 'connected', `byte ${at} of ${length}`);
        }
      });

      it('never connects, wherever it is cut off', () => {
        for (let at = 0, length = 1; at < length; at += isFull ? 1 : 13) {
          const { client } = go((flight, index) => {
            if (index !== target) return flight;
            length = flight.length - 1;
            return flight.subarray(0, Math.min(at, length));
          });
          assert.equal(client.status.phase, 'handshaking', `byte ${at} of ${length}`);
          client.transportEnded();
          assert.equal(client.failure?.code, 'KS-T119');
        }
      });
    });
  }
}
