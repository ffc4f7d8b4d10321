import { createHash } from 'node:crypto';
import { ByteWriter, encodeUtf8 } from '@keystile/bytes';
import { encodeField, type Policy, policiesFields } from '@keystile/link';
import type { DropEvent, Resumption, TicketStore } from '@keystile/tls';
import type { PartState } from '../memory/part-state.ts';

/**
 * Resumption as the part allows it: by policy, within one boot, and never across a change of what the part is, knows or
 * trusts. Tickets are in RAM alone; no command reads them.
 */
export interface ResumptionScope {
  readonly tickets: TicketStore;
  readonly state: PartState;
  readonly policy: Policy;
  readonly nowMs: () => number;
}

/** Undefined when the policy does not permit it, or never authenticates: such a one is for recovery (section 4.4). */
export function resumptionOf({ tickets, state, policy, nowMs }: ResumptionScope): Resumption | undefined {
  if (!policy.resumption || policy.clientKey === 'none') return undefined;
  return { tickets, scope: scopeDigest(state, policy), nowMs };
}

/**
 * What the engine cannot see of "the same session again": the whole policy as it is stored, all anchors, and which boot
 * this is. Server name, client certificate and what was negotiated are in the engine's own key.
 */
function scopeDigest(state: PartState, policy: Policy): Uint8Array {
  const scope = new ByteWriter()
    .vector24(encodeField(policiesFields, [policy]))
    .vector24(state.objects.get('anchors') ?? new Uint8Array(0))
    .vector8(encodeUtf8(state.serial))
    .u32(state.bootCount)
    .finish();
  return new Uint8Array(createHash('sha256').update(scope).digest());
}

/**
 * Which event a change of the memory is, for earlier sessions; undefined for one that leaves them alone. Every command
 * that changes the part does it through the memory, so none has to remember the tickets.
 */
export function dropEventOf(before: PartState, after: PartState): DropEvent | undefined {
  if (before.bootCount !== after.bootCount) return 'boot';
  if (before.keys !== after.keys) return 'key';
  if (before.objects.get('host-pairing-key') !== after.objects.get('host-pairing-key')) return 'pairing';
  if (before.administration.last !== after.administration.last) return 'administration';
  if (before.objects !== after.objects || before.lifeCycle !== after.lifeCycle) return 'administration';
  if (before.timeFloorMs !== after.timeFloorMs || before.lastTokenMs !== after.lastTokenMs) return 'time-floor';
  const isSameCode =
    before.firmwareVersionMin === after.firmwareVersionMin &&
    before.configurationVersionMin === after.configurationVersionMin;
  return isSameCode ? undefined : 'boot';
}
