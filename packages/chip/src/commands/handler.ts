import type { RequestOrigin, ValueOf } from '@keystile/link';
import type { Part } from '../part.ts';

/** What carries out one command. Conditions of its row in the access table hold already when it is called. */
export interface CommandHandler<C extends CommandLayout> {
  handle(
    part: Part,
    request: ValueOf<C['request']>,
    origin: RequestOrigin,
  ): ValueOf<C['result']> | Promise<ValueOf<C['result']>>;
  /** Whether this request would use a key of the device; false when absent. */
  usesDeviceKey?(part: Part, request: ValueOf<C['request']>): boolean;
}

/** What a command of `@keystile/link` says of its two directions. */
interface CommandLayout {
  readonly request: unknown;
  readonly result: unknown;
}
