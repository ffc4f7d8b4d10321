import type { commands } from '@keystile/link';
import { digestOf } from '../administration/check-command.ts';
import { fitUtf8 } from '../sessions/fit.ts';
import type { CommandHandler } from './handler.ts';

export const dryRun: CommandHandler<typeof commands.dryRun> = {
  handle: ({ administration, pace }, request) => {
    pace.spend('verify');
    const { command, changes, after } = administration.plan(request.command);
    return {
      effect: command.effect,
      changes: changes.map((change) => fitUtf8(change, CHANGE_MAX)),
      anchorsDigest: digestOf(after, 'anchors'),
      policiesDigest: digestOf(after, 'policies'),
      administratorKeysDigest: digestOf(after, 'administrator-keys'),
      lifeCycle: after.lifeCycle,
      timeFloorMs: after.timeFloorMs,
    };
  },
};

/** Bytes of a sentence, as the command says. */
const CHANGE_MAX = 500;
