import type { ErrorCode } from '@keystile/errors';
import type { Logger } from 'pino';
import type { BrokerEvent } from '../log.ts';

/**
 * What the program tells its operator. Refusals are what a peer can cause at will, so their lines are bounded: past the
 * limit they are counted, and one line says how many there were.
 */
export interface ProgramLog {
  event(event: BrokerEvent): void;
  /** A fault of our own. */
  fault(code: ErrorCode, sentence: string, cause: unknown): void;
}

/** A person can follow this many; a log of more is an attack on the disk. */
const REFUSALS_PER_SECOND_MAX = 50;

export function programLog(logger: Logger, now: () => number): ProgramLog {
  let second = 0;
  let told = 0;
  let folded = 0;
  const isFolded = (): boolean => {
    const current = Math.floor(now() / 1000);
    if (current !== second) {
      if (folded > 0) logger.warn({ event: 'folded', count: folded }, `${folded} more refusals like these`);
      second = current;
      told = 0;
      folded = 0;
    }
    told += 1;
    if (told <= REFUSALS_PER_SECOND_MAX) return false;
    folded += 1;
    return true;
  };
  return {
    event: ({ level, sentence, ...fields }) => {
      if (level === 'warn' && isFolded()) return;
      logger[level](fields, sentence ?? fields.event);
    },
    fault: (code, sentence, cause) => logger.error({ code, err: cause }, sentence),
  };
}
