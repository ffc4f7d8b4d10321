import type { Duplex } from 'node:stream';
import type { Sequence, Step } from '../../../packages/mqtt/test/support/sequences.ts';
import type { Listeners } from './broker.ts';
import { connectBytes, publishOnce } from './other-client.ts';
import { Inbox, open, type Transport } from './transport.ts';

/** What a broker that answers at all takes on a busy machine. */
const PATIENCE_MS = 5000;

/** Plays one sequence over a connection of its own; undefined when every byte was as it should, else what was not. */
export async function play(
  sequence: Sequence,
  transport: Transport,
  listeners: Listeners,
): Promise<string | undefined> {
  const stream = await open(transport, listeners);
  stream.on('error', () => undefined);
  try {
    const inbox = new Inbox(stream);
    if (sequence.connects) {
      stream.write(connectBytes(sequence.test, sequence.version));
      const flaw = await readConnack(inbox);
      if (flaw !== undefined) return flaw;
    }
    for (const [at, step] of sequence.steps.entries()) {
      const flaw = await perform(step, { stream, inbox, transport, listeners });
      if (flaw !== undefined) return `step ${at + 1}: ${flaw}`;
    }
    return await judgeEnd(sequence, stream, inbox);
  } finally {
    stream.destroy();
  }
}

interface Stage {
  readonly stream: Duplex;
  readonly inbox: Inbox;
  readonly transport: Transport;
  readonly listeners: Listeners;
}

async function perform(step: Step, { stream, inbox, transport, listeners }: Stage): Promise<string | undefined> {
  switch (step.type) {
    case 'send':
      stream.write(step.bytes);
      return undefined;
    case 'recv': {
      const came = await inbox.take(step.bytes.length, PATIENCE_MS);
      const wanted = Buffer.from(step.bytes);
      return came.equals(wanted)
        ? undefined
        : `${came.toString('hex') || 'nothing'} came instead of ${wanted.toString('hex')}`;
    }
    case 'external_publish':
      return publishOnce(step, transport, listeners);
  }
}

/** Any CONNACK that accepts: fixed header, then as many bytes as it says. */
async function readConnack(inbox: Inbox): Promise<string | undefined> {
  const [type, length = 0] = await inbox.take(2, PATIENCE_MS);
  const [, reason] = await inbox.take(length, PATIENCE_MS);
  return type === CONNACK && reason === 0 ? undefined : `CONNECT was answered by type ${type}, reason ${reason}`;
}

const CONNACK = 0x20;
const PINGREQ = Uint8Array.of(0xc0, 0x00);
const PINGRESP = Buffer.of(0xd0, 0x00);

async function judgeEnd({ closes }: Sequence, stream: Duplex, inbox: Inbox): Promise<string | undefined> {
  if (closes)
    return (await inbox.ended(PATIENCE_MS)) ? undefined : 'the connection was not closed, or more came before';
  stream.write(PINGREQ);
  const answer = await inbox.take(PINGRESP.length, PATIENCE_MS);
  return answer.equals(PINGRESP) ? undefined : `${answer.toString('hex') || 'nothing'} came instead of PINGRESP`;
}
