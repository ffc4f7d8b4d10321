import type { AdministratorCommand, AdministratorOperation } from '@keystile/cose';
import type { PartState } from '../../memory/part-state.ts';

export type OperationKind = AdministratorOperation['kind'];
export type OperationOf<Kind extends OperationKind> = Extract<AdministratorOperation, { readonly kind: Kind }>;

/** What an operation may know beside the state that it changes. */
export interface OperationFacts {
  /** The part's time: milliseconds since 1970, UTC. */
  readonly nowMs: number;
  readonly signedBy: 'current' | 'next';
}

/** One operation: when it is allowed, what it makes of the part, and how a person is told. */
export interface OperationRules<Kind extends OperationKind> {
  /** How it may take effect. What could cut the part off from its servers is staged, or carries a nonce. */
  readonly effects: readonly AdministratorCommand['effect'][];
  /** Whether a group may be told to; one false command must not destroy a fleet. */
  readonly target: 'part' | 'part-or-group';
  readonly needsNonce: boolean;
  /** Whose signature it takes. */
  readonly signedBy: 'current' | 'next';
  /** Whether sessions that are open must not outlive it. */
  readonly endsSessions: boolean;
  /** The part as it would be. Throws a coded refusal; changes nothing. */
  apply(state: PartState, operation: OperationOf<Kind>, facts: OperationFacts): PartState;
  describe(operation: OperationOf<Kind>): string;
}
