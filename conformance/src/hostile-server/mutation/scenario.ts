/** Which handshake is mutated. */
export interface Scenario {
  readonly version: '1.3' | '1.2';
  readonly kind: 'full' | 'retried' | 'resumed';
  /** Of the client: not asked for, asked for in vain, or given. Resumed, it was in the session before. */
  readonly authentication: 'none' | 'refused' | 'given';
}

export const scenarios: readonly [Scenario, ...Scenario[]] = [
  { version: '1.3', kind: 'full', authentication: 'none' },
  { version: '1.3', kind: 'full', authentication: 'refused' },
  { version: '1.3', kind: 'full', authentication: 'given' },
  { version: '1.3', kind: 'retried', authentication: 'none' },
  { version: '1.3', kind: 'retried', authentication: 'given' },
  { version: '1.3', kind: 'resumed', authentication: 'none' },
  { version: '1.3', kind: 'resumed', authentication: 'given' },
  { version: '1.2', kind: 'full', authentication: 'none' },
  { version: '1.2', kind: 'full', authentication: 'refused' },
  { version: '1.2', kind: 'full', authentication: 'given' },
  { version: '1.2', kind: 'resumed', authentication: 'none' },
  { version: '1.2', kind: 'resumed', authentication: 'given' },
];

export function textOf({ version, kind, authentication }: Scenario): string {
  return `TLS ${version} ${kind}, client authentication ${authentication}`;
}
