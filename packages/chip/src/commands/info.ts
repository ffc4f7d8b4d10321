import { type commands, PAYLOAD_MAX, PROTOCOL_VERSION } from '@keystile/link';
import { lifeCycleOf } from '../memory/life-cycle.ts';
import type { CommandHandler } from './handler.ts';

/** Version of this firmware: the one version that all packages of a release share. */
const PART_VERSION = '0.1.0';

export const info: CommandHandler<typeof commands.info> = {
  handle: ({ memory, vault }) => ({
    protocolVersion: PROTOCOL_VERSION,
    payloadMax: PAYLOAD_MAX,
    serial: memory.state.serial,
    model: memory.state.model,
    partVersion: PART_VERSION,
    vault: vault.kind,
    lifeCycle: lifeCycleOf(memory),
  }),
};
