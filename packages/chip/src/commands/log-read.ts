import { logHead } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { type commands, LOG_READ_MAX } from '@keystile/link';
import { readLogSegment } from '../log/part-log.ts';
import { lifeCycleOf } from '../memory/life-cycle.ts';
import type { CommandHandler } from './handler.ts';

/** What the attestation key states is about the end of the chain at this moment, whatever part of it was read. */
export const logRead: CommandHandler<typeof commands.logRead> = {
  handle: async ({ memory, signer }, { segment: name, from, nonce }) => {
    const { log, serial } = memory.state;
    const segment = log.segments[name];
    const excerpt = readLogSegment(segment, from, LOG_READ_MAX);
    if (nonce.length === 0) return { ...excerpt, statement: new Uint8Array(0) };
    if (nonce.length < NONCE_MIN) throw new KeystileError('KS-C102', `a nonce of ${nonce.length} bytes`);
    const count = segment.evicted + segment.entries.length;
    const { head } = excerpt;
    const stated = { serial, nonce: nonce.slice(), lifeCycle: lifeCycleOf(memory), segment: name, count, head };
    return { ...excerpt, statement: await signer.statement(logHead, stated) };
  },
};

const NONCE_MIN = 16;
