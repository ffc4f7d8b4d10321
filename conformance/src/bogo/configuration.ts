import { readFileSync } from 'node:fs';
import { configurationFile } from './runner.ts';

/** The runner's own format of a shim's configuration. */
export interface Configuration {
  /** Patterns of test names, in which `*` stands for anything, and why these tests are not for us. */
  readonly DisabledTests: Readonly<Record<string, string>>;
  /** BoringSSL's word for a failure, and ours. */
  readonly ErrorMap: Readonly<Record<string, readonly string[]>>;
}

export function readConfiguration(): Configuration {
  return JSON.parse(readFileSync(configurationFile, 'utf8')) as Configuration;
}

/** Why a test is disabled, if it is. */
export function disabledReasons({ DisabledTests }: Configuration): (name: string) => string | undefined {
  const patterns = Object.entries(DisabledTests).map(([pattern, reason]) => ({ matches: glob(pattern), reason }));
  return (name) => patterns.find(({ matches }) => matches.test(name))?.reason;
}

function glob(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
