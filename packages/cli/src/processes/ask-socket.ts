/** Asks a control socket one question: one JSON line there, one JSON line back. */
import { connect } from 'node:net';
import { KeystileError } from '@keystile/errors';
import type { JsonLine } from './program.ts';

/** Whoever answers does it from memory. */
const ANSWER_MS = 5000;
const ANSWER_LENGTH_MAX = 65_536;

/** Throws KS-U116 when nobody listens or the answer does not come. */
export function askSocket(path: string, question: object): Promise<JsonLine> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new KeystileError('KS-U116', `${path}: ${reason}`));
    };
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_MS, () => fail('no answer came'));
    socket.once('error', (error) => fail(error.message));
    socket.once('close', () => fail('it closed without an answer'));
    socket.once('connect', () => socket.write(`${JSON.stringify(question)}\n`));
    socket.on('data', (piece: string) => {
      text += piece;
      const end = text.indexOf('\n');
      if (text.length > ANSWER_LENGTH_MAX) fail('the answer is too long');
      if (end < 0) return;
      socket.removeAllListeners('close');
      socket.destroy();
      try {
        resolve(JSON.parse(text.slice(0, end)) as JsonLine);
      } catch {
        fail('the answer is not JSON');
      }
    });
  });
}
