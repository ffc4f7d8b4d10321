import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { TlsClient } from '@keystile/tls';
import { handshakeTypes } from '@keystile/tls/codec';
import { ApplicationChannel } from '../../../packages/tls/src/client/application-channel.ts';
import { HandshakeJoiner } from '../../../packages/tls/src/messages/joiner.ts';
import { RecordReader } from '../../../packages/tls/src/record/reader.ts';
import { HandshakeTraffic } from '../../../packages/tls/src/schedule/stages.ts';
import { Transcript } from '../../../packages/tls/src/schedule/transcript.ts';
import { MasterStage } from '../../../packages/tls/src/tls12/stages.ts';
import { mutationCases } from '../../src/hostile-server/mutation/cases.ts';
import { planOf } from '../../src/hostile-server/mutation/plan.ts';
import { MutationRunner } from '../../src/hostile-server/mutation/run.ts';
import { World } from '../../src/hostile-server/mutation/world.ts';

/** Plants one weakness into the engine, for as long as the test runs. */
interface Weakness {
  readonly name: string;
  readonly plant: (test: TestContext) => void;
  readonly found: RegExp;
}

const fooled = /authenticated, though the client did not see the handshake messages/;
/** Content of a record that some sessions are cut into, and those that donate are not. */
const FRAGMENT = 33;
const knownTypes: ReadonlySet<number> = new Set(Object.values(handshakeTypes));

const weaknesses: readonly Weakness[] = [
  {
    name: 'takes any Finished of TLS 1.3',
    plant: ({ mock }) => mock.method(HandshakeTraffic.prototype, 'isFinished', () => true),
    found: fooled,
  },
  {
    name: 'takes any Finished of TLS 1.2',
    plant: ({ mock }) => mock.method(MasterStage.prototype, 'isServerFinished', () => true),
    found: fooled,
  },
  {
    name: 'leaves the Certificate out of the transcript',
    plant: ({ mock }) => {
      const { append } = Transcript.prototype;
      mock.method(Transcript.prototype, 'append', function (this: Transcript, message: Uint8Array) {
        if (message[0] !== handshakeTypes.Certificate) append.call(this, message);
      });
    },
    found: fooled,
  },
  {
    name: 'passes over messages that it does not know',
    plant: ({ mock }) => {
      const { next } = HandshakeJoiner.prototype;
      mock.method(HandshakeJoiner.prototype, 'next', function (this: HandshakeJoiner) {
        let message = next.call(this);
        while (message !== undefined && !knownTypes.has(message.type)) message = next.call(this);
        return message;
      });
    },
    found: fooled,
  },
  {
    name: 'hands out data twice',
    plant: ({ mock }) => {
      const { deliver } = ApplicationChannel.prototype;
      mock.method(ApplicationChannel.prototype, 'deliver', function (this: ApplicationChannel, content: Uint8Array) {
        deliver.call(this, content);
        deliver.call(this, content);
      });
    },
    found: /data came out that the server did not send/,
  },
  {
    name: 'stumbles inside over a fragment',
    plant: ({ mock }) => {
      const { next } = RecordReader.prototype;
      mock.method(RecordReader.prototype, 'next', function (this: RecordReader, midMessage: boolean) {
        const record = next.call(this, midMessage);
        if (record?.type === 'handshake' && record.content.length === FRAGMENT) throw new TypeError('planted');
        return record;
      });
    },
    found: /a server led to KS-T100/,
  },
  {
    name: 'goes round in circles',
    plant: ({ mock }) => {
      const { next } = RecordReader.prototype;
      let last: ReturnType<typeof next>;
      mock.method(RecordReader.prototype, 'next', function (this: RecordReader, midMessage: boolean) {
        const isPiece = last?.type === 'application_data' && last.content.length === FRAGMENT;
        last = isPiece ? last : next.call(this, midMessage);
        return last;
      });
    },
    found: /more than 1000 steps/,
  },
  {
    name: 'throws at its caller',
    plant: ({ mock }) => {
      const { receive } = TlsClient.prototype;
      mock.method(TlsClient.prototype, 'receive', function (this: TlsClient, bytes: Uint8Array) {
        receive.call(this, bytes);
        if (this.failure?.code === 'KS-T110') throw this.failure;
      });
    },
    found: /an exception escaped/,
  },
  {
    name: 'answers without measure',
    plant: ({ mock }) => mock.getter(TlsClient.prototype, 'outputBytes', () => 100_000),
    found: /100000 bytes of output/,
  },
];

describe('an engine that', () => {
  for (const { name, plant, found } of weaknesses) {
    it(`${name} is found out`, (test) => {
      plant(test);
      assert.match(firstFailure() ?? 'nothing was found', found);
    });
  }

  it('was found out is found out again by the number of the case', (test) => {
    weaknesses[0]?.plant(test);
    const number = Number(/--seed 7 --case (\d+)$/.exec(firstFailure() ?? '')?.[1]);
    const [again] = [...mutationCases({ seed: SEED, stride: 1, only: number })];
    assert.equal(again?.outcome, 'failed');
  });
});

describe('mutations', () => {
  it('go deep enough to be refused for many reasons, and shallow enough to be let pass', () => {
    const runner = new MutationRunner(new World());
    const codes = new Set<string>();
    let connected = 0;
    for (let number = 1; number <= CASES; number++) {
      const plan = planOf(SEED, number);
      const { code, authenticated, violation } = runner.run(plan);
      assert.equal(violation, undefined);
      codes.add(code ?? 'none');
      if (authenticated && !plan.isControl) connected++;
    }
    for (const last of ['08', '09', '10', '11', '12', '15', '17', '19']) assert.ok(codes.has(`KS-T1${last}`), last);
    assert.ok(connected > 5, `${connected} connected`);
  });
});

/** The reason of the first case that fails, of a few hundred. */
function firstFailure(): string | undefined {
  for (const result of mutationCases({ seed: SEED, stride: 1 }, CASES)) {
    if (result.outcome === 'failed') return result.reason;
  }
  return undefined;
}

const SEED = 7;
const CASES = 299;
