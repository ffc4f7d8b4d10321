import { SecurePart } from '../../packages/chip/src/index.ts';
import { commands, encodeFrame, encodeRequest, type Frame, PartLink } from '../../packages/link/src/index.ts';
import { MemorySlots } from '../../packages/testkit/src/index.ts';

/** What crosses the bus in the worked examples: bytes to a part as the foundry delivers it, and its answers. */
export interface Step {
  readonly to: Uint8Array;
  readonly from: Uint8Array;
  readonly says: string;
}

export interface Example {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** One frame in, the frame that the part then offers. An unmade part has nothing random to say, so the bytes are exact; its source only has to pass the health tests. */
export type Exchange = (frame: Uint8Array) => Promise<Uint8Array>;

export function unmadePart(): Exchange {
  const chip = new SecurePart({
    nvm: new MemorySlots(),
    fuses: new MemorySlots(),
    random: (length) => Uint8Array.from({ length }, (_, at) => at % 256),
    poweredMs: () => 0,
  });
  let ready: () => void = () => undefined;
  const link = new PartLink({ handle: (request) => chip.handle(request), onReady: () => ready() });
  return async (frame) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    ready = resolve;
    link.receive(frame);
    await promise;
    const { reply } = link;
    if (reply === undefined) throw new Error('the part is ready and offers nothing');
    return reply.slice();
  };
}

/** Runs the examples against a fresh part: what the reference shows is what the firmware answers. */
export async function runExamples(): Promise<readonly Example[]> {
  const exchange = unmadePart();
  const step = async (to: Uint8Array, says: string): Promise<Step> => ({ to, from: await exchange(to), says });
  const info = frame({ sequence: 2, payload: encodeRequest(commands.info, {}) });
  const damaged = info.slice();
  damaged[5] = 0x00;
  const read = encodeRequest(commands.tlsOpen, { policy: 'broker', serverName: 'mqtt.example' });
  const cut = 10;
  return [
    {
      title: 'Agree on sequence number and payload size',
      steps: [
        await step(
          frame({ sequence: 1, kind: 'resynchronise', payload: Uint8Array.of(0x10, 0x00) }),
          'The host accepts 4,096 bytes of payload; the part answers with what it accepts, and that holds.',
        ),
      ],
    },
    {
      title: 'INFO',
      steps: [await step(info, 'The opcode alone; the answer is status `ok` and the fields of INFO.')],
    },
    {
      title: 'A lost answer: the same frame again',
      steps: [
        await step(info, 'The sequence number is that of the last frame, so the cached answer is sent, byte by byte.'),
      ],
    },
    {
      title: 'A damaged frame',
      steps: [
        await step(damaged, 'One byte of the frame differs: the CRC does not fit, and the part asks for it again.'),
      ],
    },
    {
      title: 'A request in two frames, and its refusal',
      steps: [
        await step(
          frame({ sequence: 3, more: true, payload: read.subarray(0, cut) }),
          'The first piece of TLS_OPEN; the flag `more` says that another follows, and the part says `proceed`.',
        ),
        await step(
          frame({ sequence: 4, payload: read.subarray(cut) }),
          'The last piece. A part that nobody has made yet refuses: status `life-cycle`, a code and a sentence.',
        ),
      ],
    },
  ];
}

function frame(content: Pick<Frame, 'sequence' | 'payload'> & Partial<Frame>): Uint8Array {
  return encodeFrame({ kind: 'data', more: false, secured: false, ...content });
}
