import { equalPublicBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { commands, LifeCycle, ObjectName } from '@keystile/link';
import type { PartState } from '../memory/part-state.ts';
import { checkObject } from '../objects/check-object.ts';
import { isWritable } from '../objects/contents.ts';
import type { CommandHandler } from './handler.ts';

export const provisionWrite: CommandHandler<typeof commands.provisionWrite> = {
  handle: ({ memory, provisioning }, piece) => {
    const { object } = piece;
    if (!isWritable(object)) throw new KeystileError('KS-C141', `${object} is filled by the part itself`);
    const bytes = provisioning?.stage(piece);
    if (bytes === undefined) return {};
    demandUnwritten(memory.state, object, bytes);
    checkObject(memory.state, object, bytes);
    memory.commit((before) => ({
      ...before,
      lifeCycle: lifeCycleAfter(before.lifeCycle, object),
      objects: new Map([...before.objects, [object, bytes]]),
    }));
    return {};
  },
};

/** The certificate for life makes a blank part a provisioned one. */
function lifeCycleAfter(lifeCycle: LifeCycle, object: ObjectName): LifeCycle {
  return lifeCycle === 'blank' && object === 'idevid-chain' ? 'provisioned' : lifeCycle;
}

/** Who a device is does not change once its certificate for life is written. The same again is no change. */
function demandUnwritten(state: PartState, object: ObjectName, bytes: Uint8Array): void {
  if (object !== 'identity' && object !== 'idevid-chain') return;
  if (!state.objects.has('idevid-chain')) return;
  const written = state.objects.get(object);
  if (written !== undefined && equalPublicBytes(written, bytes)) return;
  throw new KeystileError('KS-C144', `${object} was written before`);
}
