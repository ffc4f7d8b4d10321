import { createHash } from 'node:crypto';
import { commands, type RequestOrigin, type ValueOf } from '@keystile/link';
import { lifeCycleOf } from '../memory/life-cycle.ts';
import type { Part } from '../part.ts';
import type { CommandHandler } from './handler.ts';

export const status: CommandHandler<typeof commands.status> = {
  handle: (part, _, origin) => {
    const { memory, boot, time, sessions, health } = part;
    const { state } = memory;
    const anchors = state.objects.get('anchors') ?? new Uint8Array(0);
    return {
      lifeCycle: lifeCycleOf(memory),
      tampered: memory.tamperCause !== undefined,
      bootState: boot.state,
      bootArmed: boot.isArmed,
      firmwareVersion: boot.versions?.firmwareVersion ?? 0,
      configurationVersion: boot.versions?.configurationVersion ?? 0,
      firmwareVersionMin: state.firmwareVersionMin,
      configurationVersionMin: state.configurationVersionMin,
      anchorsDigest: new Uint8Array(createHash('sha256').update(anchors).digest()),
      timeFloorMs: state.timeFloorMs,
      nowMs: time.nowMs,
      bootCount: state.bootCount,
      nvmGeneration: memory.generation,
      sessionsOpen: sessions.size,
      errorState: health.fault?.code ?? '',
      throttled: throttledFor(part, origin),
    };
  },
};

/** Commands that are refused now: those that have written enough, and an exchange on the link that asks. */
function throttledFor(
  { throttle, pairing }: Part,
  origin: RequestOrigin,
): ValueOf<(typeof commands.status)['result']>['throttled'] {
  const waitSeconds = pairing.throttle.waitSeconds(origin.pairing);
  return [
    ...throttle.throttled.map(({ name, waitSeconds: wait }) => ({ opcode: commands[name].opcode, waitSeconds: wait })),
    ...(waitSeconds === 0 ? [] : [{ opcode: commands.pairBegin.opcode, waitSeconds }]),
  ];
}
