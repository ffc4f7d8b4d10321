import { dirname } from 'node:path';
import { KeystileError } from '@keystile/errors';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { readText } from '../files.ts';
import { lineOf } from './line-of.ts';
import { type Configuration, configurationSchema } from './schema.ts';

export interface ReadConfiguration {
  readonly configuration: Configuration;
  /** The folder that its paths are relative to. */
  readonly folder: string;
}

/** Throws `KS-B100` with file, line and what is wrong there; `KS-B102` when the file cannot be read. */
export function readConfiguration(file: string): ReadConfiguration {
  const text = readText(file);
  return { configuration: parseConfiguration(text, file), folder: dirname(file) };
}

export function parseConfiguration(text: string, file: string): Configuration {
  const result = configurationSchema.safeParse(parseToml(text, file));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => describe(issue, text, file));
  throw new KeystileError('KS-B100', problems.join('; '));
}

function parseToml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const [sentence = 'not TOML'] = cause.message.split('\n');
    throw new KeystileError('KS-B100', `${file}:${cause.line}: ${sentence}`, { cause });
  }
}

function describe(issue: z.core.$ZodIssue, text: string, file: string): string {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = unknown === undefined ? issue.path : [...issue.path, unknown];
  const line = lineOf(text, path);
  const place = line === undefined ? file : `${file}:${line}`;
  const key = path.map(String).join('.');
  return `${place}: ${key}: ${unknown === undefined ? issue.message : 'is not a key of this table'}`;
}
