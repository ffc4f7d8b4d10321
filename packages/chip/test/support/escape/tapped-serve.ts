import crypto, { type BinaryLike, type Hmac, type KeyObject } from 'node:crypto';
import { writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * The process of a virtual part with a tap: every private key, and every secret and key of the TLS schedule, of the
 * channel and of the memory is written to descriptor 3, one JSON line each, as it passes through `node:crypto`. The
 * firmware is the shipped one; it is loaded once the tap is in place, and cannot tell.
 *
 * It lives among the tests alone. `secret-escape-process.test.ts` checks that the shipped entry point has none.
 */
const TAP = 3;
const known = new Set<string>();
/** Until then the part has used the keys of its known answers alone, which are in the standards. */
let isStarted = false;

function tell(name: string, bytes: Uint8Array): void {
  const hex = Buffer.from(bytes).toString('hex');
  if (bytes.length < 12 || known.has(hex)) return;
  known.add(hex);
  if (!isStarted) return;
  const line = Buffer.from(`${JSON.stringify({ name, hex })}\n`);
  for (let at = 0; at < line.length; ) {
    try {
      at += writeSync(TAP, line, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** The derived secrets of RFC 8446 §7 by their labels. `derived` and `exporter` are no secrets of a connection. */
const LABELS = new Map([
  ['c hs traffic', 'client handshake traffic secret'],
  ['s hs traffic', 'server handshake traffic secret'],
  ['c ap traffic', 'client application traffic secret'],
  ['s ap traffic', 'server application traffic secret'],
  ['traffic upd', 'updated traffic secret'],
  ['exp master', 'exporter secret'],
  ['EXPORTER-keystile-evidence-1', 'exporter secret of evidence'],
  ['res master', 'resumption secret'],
  ['resumption', 'pre-shared key of a ticket'],
  ['res binder', 'binder key'],
  ['finished', 'finished key'],
  ['key', 'record key'],
  ['iv', 'record iv'],
]);

/** HkdfLabel: length (u16) · "tls13 " and the label (vector8) · context (vector8); after it the counter of HKDF. */
function tellExpanded(input: Buffer, output: Uint8Array): void {
  const label = input.subarray(3, 3 + (input[2] ?? 0)).toString('latin1');
  if (!label.startsWith('tls13 ')) return;
  const name = LABELS.get(label.slice(6));
  if (name !== undefined) tell(name, output.subarray(0, input.readUInt16BE(0)));
}

/** Where in the firmware a primitive was called: what the two ends of a channel share is no secret from the host. */
function calledFrom(folder: string): boolean {
  return (new Error().stack ?? '').includes(folder);
}

const { createHmac, createCipheriv, createDecipheriv, createPrivateKey, createECDH, decapsulate, hash } = crypto;

/** The first of the two hashes of an HMAC, RFC 2104: what was authenticated, and what the second one is over. */
let inner: { readonly message: Buffer; readonly code: Buffer } | undefined;

function tellHashed(algorithm: string, data: unknown, output: unknown): void {
  if (!(data instanceof Uint8Array && output instanceof Uint8Array)) return;
  const behindKey = Buffer.from(data.subarray(algorithm === 'sha384' ? 128 : 64));
  if (inner?.code.equals(behindKey) === true) tellExpanded(inner.message, output);
  inner = { message: behindKey, code: Buffer.from(output) };
}

Object.assign(crypto, {
  hash: (...args: Parameters<typeof hash>) => {
    const output: unknown = hash(...args);
    tellHashed(args[0], args[1], output);
    return output;
  },
  createHmac: (hash: string, key: BinaryLike | KeyObject): Hmac => {
    if (key instanceof Uint8Array && calledFrom('/chip/src/memory/')) tell('memory key', key);
    const hmac = createHmac(hash, key);
    const inputs: Buffer[] = [];
    const { update, digest } = hmac;
    Object.assign(hmac, {
      update: (data: string) => {
        // A string or bytes: both ways in are the same.
        inputs.push(Buffer.from(data));
        return update.call(hmac, data, 'utf8');
      },
      digest: () => {
        const output = digest.call(hmac, undefined as never) as unknown as Buffer;
        tellExpanded(Buffer.concat(inputs), output);
        return output;
      },
    });
    return hmac;
  },
  createCipheriv: (...args: Parameters<typeof createCipheriv>) => {
    tellAeadKey(args[1]);
    return createCipheriv(...args);
  },
  createDecipheriv: (...args: Parameters<typeof createDecipheriv>) => {
    tellAeadKey(args[1]);
    return createDecipheriv(...args);
  },
  createPrivateKey: (...args: Parameters<typeof createPrivateKey>) => {
    const key = createPrivateKey(...args);
    tell('private key', Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
    return key;
  },
  createECDH: (...args: Parameters<typeof createECDH>) => {
    const exchange = createECDH(...args);
    const { setPrivateKey } = exchange;
    exchange.setPrivateKey = ((...key: Parameters<typeof setPrivateKey>) => {
      setPrivateKey.apply(exchange, key);
      tell('private key', exchange.getPrivateKey());
    }) as typeof setPrivateKey;
    return exchange;
  },
  decapsulate: (...args: Parameters<typeof decapsulate>) => {
    const secret = decapsulate(...args);
    tell('ML-KEM shared secret', secret as unknown as Uint8Array);
    return secret;
  },
});
syncBuiltinESMExports();

function tellAeadKey(key: unknown): void {
  const bytes = key instanceof Uint8Array ? key : (key as KeyObject).export();
  tell(calledFrom('/channel/') ? 'channel key' : 'AEAD key', bytes as Uint8Array);
}

await import('../../../src/node/serve.ts');
isStarted = true;
