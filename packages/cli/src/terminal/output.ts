/**
 * What a verb says: data on stdout, chatter on stderr. Colour only for a person: on a terminal and without NO_COLOR.
 *
 * Verbs get an `Output`; nothing else in this package writes to the process's streams.
 */
import { KeystileError } from '@keystile/errors';
import pc from 'picocolors';

export interface Output {
  /** Data: one line on stdout. */
  data(line: string): void;
  /** Data as bytes, exactly. */
  bytes(bytes: Uint8Array): void;
  /** One JSON document on a line of its own on stdout. */
  json(value: unknown): void;
  /** Chatter for a person: one line on stderr, unless it is switched off. */
  say(line: string): void;
  readonly style: ReturnType<typeof pc.createColors>;
}

export interface OutputOptions {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Says nothing on stderr but errors. */
  readonly quiet: boolean;
  /** NO_COLOR (https://no-color.org): any value that is not empty. */
  readonly noColor: boolean;
}

export function terminalOutput({ stdout, stderr, quiet, noColor }: OutputOptions): Output {
  return {
    data: (line) => void stdout.write(`${line}\n`),
    bytes: (bytes) => void stdout.write(bytes),
    json: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    say: (line) => {
      if (!quiet) stderr.write(`${line}\n`);
    },
    style: pc.createColors(stderr.isTTY === true && !noColor),
  };
}

/** An error as people and scripts get it: code, what happened, what to do. */
export interface ErrorDocument {
  readonly ok: false;
  readonly code: string;
  readonly cause: string;
  readonly fix: string;
}

/** Errors of Node and of libraries have no code of ours; they are shown as internal, with their message. */
export function errorDocument(error: unknown): ErrorDocument {
  if (error instanceof KeystileError) return { ok: false, code: error.code, cause: error.detail, fix: error.fix };
  const message = error instanceof Error ? error.message : String(error);
  const fix = 'This error has no entry in the catalogue; please report it with the command that caused it.';
  return { ok: false, code: 'internal', cause: message, fix };
}

/** Two lines on stderr, also when chatter is off. */
export function printError(stderr: NodeJS.WritableStream, error: unknown): void {
  const { code, cause, fix } = errorDocument(error);
  stderr.write(`keystile: ${code}: ${cause}\n  ${fix}\n`);
}
