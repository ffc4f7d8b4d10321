import type { AdministratorOperation } from '@keystile/cose';
import type { PartState } from '../../memory/part-state.ts';
import { addRoot } from './add-root.ts';
import { changeAdministratorKey } from './change-administrator-key.ts';
import type { OperationFacts, OperationKind, OperationRules } from './operation.ts';
import { raiseTimeFloor } from './raise-time-floor.ts';
import { removeRoot } from './remove-root.ts';
import { replaceHostPairingKey } from './replace-host-pairing-key.ts';
import { replacePolicies } from './replace-policies.ts';
import { terminate } from './terminate.ts';

/** Everything that an administrator can do to a part: one row an operation. */
const operations: { readonly [Kind in OperationKind]: OperationRules<Kind> } = {
  'add-root': addRoot,
  'remove-root': removeRoot,
  'replace-policies': replacePolicies,
  'replace-host-pairing-key': replaceHostPairingKey,
  terminate,
  'raise-time-floor': raiseTimeFloor,
  'change-administrator-key': changeAdministratorKey,
};

export function rulesOf(operation: AdministratorOperation): AnyOperation {
  return operations[operation.kind] as AnyOperation;
}

/** The state after all of them, in order: each sees what those before it made. */
export function applyOperations(
  state: PartState,
  all: readonly AdministratorOperation[],
  facts: OperationFacts,
): PartState {
  return all.reduce((before, operation) => rulesOf(operation).apply(before, operation, facts), state);
}

/** The table pairs each kind with its own rules; a lookup by a kind that is known only at run time cannot say so. */
type AnyOperation = Omit<OperationRules<OperationKind>, 'apply' | 'describe'> & {
  apply(state: PartState, operation: AdministratorOperation, facts: OperationFacts): PartState;
  describe(operation: AdministratorOperation): string;
};
