import { authorityErrors } from './areas/authority.ts';
import { brokerErrors } from './areas/broker.ts';
import { chipErrors } from './areas/chip.ts';
import { commandErrors } from './areas/command.ts';
import { deviceErrors } from './areas/device.ts';
import { linkErrors } from './areas/link.ts';
import { pathErrors } from './areas/path.ts';
import { statementErrors } from './areas/statement.ts';
import { tlsErrors } from './areas/tls.ts';

/**
 * Every public error, by its stable code `KS-<area><number>`:
 * T the TLS engine, P certificate paths, S signed statements (COSE), L the link, C the secure IC, D the device SDK,
 * B the broker, A the authority, U the command line and its environment.
 *
 * A code, once released, keeps its meaning for ever. `docs/ERRORS.md` is written from this table and a test holds
 * the two together.
 */
export const catalogue = {
  ...tlsErrors,
  ...pathErrors,
  ...statementErrors,
  ...linkErrors,
  ...chipErrors,
  ...deviceErrors,
  ...brokerErrors,
  ...authorityErrors,
  ...commandErrors,
} as const;

export type ErrorCode = keyof typeof catalogue;
