import { createHash } from 'node:crypto';
import { commands } from '@keystile/link';
import { lifeCycleOf } from '../memory/life-cycle.ts';
import type { CommandHandler } from './handler.ts';

export const status: CommandHandler<typeof commands.status> = {
  handle: ({ memory, boot, time, sessions, health, throttle }) => {
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
      throttled: throttle.throttled.map(({ name, waitSeconds }) => ({ opcode: commands[name].opcode, waitSeconds })),
    };
  },
};
