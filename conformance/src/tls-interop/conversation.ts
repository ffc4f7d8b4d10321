import type { Duplex } from 'node:stream';

const ANSWER_MS_MAX = 10_000;

/** Writes, and resolves with what came back when `isWhole` holds of it. Rejects when the stream ends, fails or is silent. */
export function ask(
  stream: Duplex,
  question: string | Uint8Array,
  isWhole: (answer: Buffer) => boolean,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const conclude = (result: Error | undefined): void => {
      clearTimeout(timer);
      stream.off('data', onData).off('end', onEnd).off('error', onError);
      if (result === undefined) resolve(answer);
      else reject(result);
    };
    const onData = (bytes: Buffer): void => {
      answer = Buffer.concat([answer, bytes]);
      if (isWhole(answer)) conclude(undefined);
    };
    const onEnd = (): void => conclude(new Error(`the server ended after ${answer.length} bytes of its answer`));
    const onError = (error: Error): void => conclude(error);
    const timer = setTimeout(() => {
      conclude(new Error(`no whole answer within ${ANSWER_MS_MAX / 1000} seconds, but ${answer.length} bytes`));
    }, ANSWER_MS_MAX);
    stream.on('data', onData).on('end', onEnd).on('error', onError);
    stream.write(question);
  });
}

/** A server that answers each line with a line. */
export async function exchangeLine(stream: Duplex, line: string, expected: string): Promise<void> {
  const answer = await ask(stream, `${line}\n`, (bytes) => bytes.includes('\n'));
  if (answer.toString('latin1') !== `${expected}\n`) throw new Error('the answer is not what was sent');
}
