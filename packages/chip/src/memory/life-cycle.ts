import type { LifeCycle } from '@keystile/link';
import type { PartMemory } from './part-memory.ts';

/** The latch in the fuses overrides what the memory says. */
export function lifeCycleOf(memory: PartMemory): LifeCycle {
  return memory.tamperCause === undefined ? memory.state.lifeCycle : 'tampered';
}
