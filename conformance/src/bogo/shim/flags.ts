/**
 * The command line of BoringSSL's test runner: one flag, one wish. A flag that is not in the table asks for something
 * that the engine does not have, and the test is left undone rather than run in part.
 */
export class Unimplemented extends Error {
  override readonly name = 'Unimplemented';
}

/** Flag names without the dash. `numbers` may stand several times; `bytes` are base64. */
const kinds = {
  port: 'number',
  ipv6: 'switch',
  'shim-id': 'identifier',
  'resume-count': 'number',
  'resumption-delay': 'number',
  'no-ticket': 'switch',
  async: 'switch',
  'implicit-handshake': 'switch',

  'min-version': 'number',
  'max-version': 'number',
  'no-tls1': 'switch',
  'no-tls11': 'switch',
  'no-tls12': 'switch',
  'no-tls13': 'switch',
  curves: 'numbers',
  'key-shares': 'numbers',
  'verify-prefs': 'numbers',
  'advertise-alpn': 'text',
  'host-name': 'text',
  'enable-ocsp-stapling': 'switch',
  'use-ocsp-callback': 'switch',
  'fail-ocsp-callback': 'switch',

  'trust-cert': 'text',
  'verify-peer': 'switch',
  'verify-fail': 'switch',
  'use-custom-verify-callback': 'switch',
  'cert-file': 'text',
  'key-file': 'text',
  'signing-prefs': 'numbers',
  'new-x509-credential': 'switch',
  'use-old-client-cert-callback': 'switch',

  'shim-writes-first': 'switch',
  'shim-initial-write': 'text',
  'repeat-shim-initial-write': 'number',
  'read-with-unfinished-write': 'switch',
  'write-different-record-sizes': 'switch',
  'read-size': 'number',
  'key-update': 'switch',
  'key-update-before-read': 'switch',
  'use-exporter-between-reads': 'switch',
  'export-keying-material': 'number',
  'export-label': 'text',
  'export-context': 'text',
  'use-export-context': 'switch',
  'shim-shuts-down': 'switch',
  'check-close-notify': 'switch',

  'expect-version': 'number',
  'expect-cipher': 'number',
  'expect-cipher-aes': 'number',
  'expect-cipher-no-aes': 'number',
  'expect-curve-id': 'number',
  'expect-peer-signature-algorithm': 'number',
  'expect-alpn': 'text',
  'expect-hrr': 'switch',
  'expect-no-hrr': 'switch',
  'expect-verify-result': 'switch',
  'expect-peer-cert-file': 'text',
  'expect-ocsp-response': 'bytes',
  'expect-selected-credential': 'number',
  // Always so, or there is no connection.
  'expect-secure-renegotiation': 'switch',
  'expect-extended-master-secret': 'switch',
  'expect-session-miss': 'switch',
  'expect-no-session': 'switch',
  'expect-ticket-renewal': 'switch',
} as const;

interface Values {
  readonly switch: true;
  readonly number: number;
  readonly numbers: readonly number[];
  readonly identifier: bigint;
  readonly text: string;
  readonly bytes: Uint8Array;
}

type FlagName = keyof typeof kinds;

/** What was wished for; a flag that did not stand there is absent. */
export type Flags = { readonly [Name in FlagName]?: Values[(typeof kinds)[Name]] };

export interface ShimArguments {
  readonly initial: Flags;
  /** For the connections after the first. */
  readonly resumed: Flags;
}

/** Throws {@link Unimplemented} at the first flag that the table does not have. */
export function parseArguments(args: readonly string[]): ShimArguments {
  const initial: Record<string, unknown> = {};
  const resumed: Record<string, unknown> = {};
  for (let at = 0; at < args.length; at++) {
    const { name, into } = readName(args[at] ?? '');
    const kind = kinds[name];
    const targets = { initial: [initial], resumed: [resumed], both: [initial, resumed] }[into];
    const text = kind === 'switch' ? '' : args[++at];
    if (text === undefined) throw new Unimplemented(`-${name} without its value`);
    for (const target of targets) {
      if (name === 'cert-file' && name in target) throw new Unimplemented('a choice among several client certificates');
      target[name] = readValue(kind, text, target[name]);
    }
  }
  return { initial: initial as Flags, resumed: resumed as Flags };
}

function readName(arg: string): { readonly name: FlagName; readonly into: 'initial' | 'resumed' | 'both' } {
  const [, prefix, name = ''] = /^(-on-initial|-on-resume|-on-shim)?-(.+)$/.exec(arg) ?? [];
  if (!isFlagName(name)) throw new Unimplemented(arg);
  if (prefix === '-on-initial') return { name, into: 'initial' };
  return { name, into: prefix === '-on-resume' ? 'resumed' : 'both' };
}

function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(kinds, name);
}

function readValue(kind: keyof Values, text: string, before: unknown): Values[keyof Values] {
  switch (kind) {
    case 'switch':
      return true;
    case 'number':
      return Number(text);
    case 'numbers':
      return [...(Array.isArray(before) ? before : []), Number(text)];
    case 'identifier':
      return BigInt(text);
    case 'text':
      return text;
    case 'bytes':
      return new Uint8Array(Buffer.from(text, 'base64'));
  }
}
