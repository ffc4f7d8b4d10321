/**
 * The part's reset line: the only thing that arms secure boot. On a board it is a pin that goes low at power-up; the
 * virtual part has a control socket in its place, which is not the bus.
 */
import { askControl } from '@keystile/link/node';

export interface ResetLine {
  assert(): Promise<void>;
}

export function virtualResetLine(controlPath: string): ResetLine {
  return { assert: async () => void (await askControl(controlPath, { op: 'reset-line' })) };
}
