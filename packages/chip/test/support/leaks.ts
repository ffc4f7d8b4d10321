/**
 * Looks for secrets in what anybody may see. A leak need not be whole: any eight bytes of a secret in a row count, as
 * they are, in hexadecimal or in base64.
 */
export interface Secret {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** By chance, eight given bytes are in a megabyte once in 2^44 tries. */
const WINDOW = 8;

/** The names of the secrets that show, and how. */
export function leaksIn(seen: readonly (Uint8Array | string)[], secrets: readonly Secret[]): readonly string[] {
  const texts = seen.map((each) => (typeof each === 'string' ? each : Buffer.from(each).toString('latin1')));
  // Between two pieces stands what no spelling contains.
  const all = texts.join('\u{fffd}');
  const folded = all.toLowerCase();
  const urlSafe = all.replaceAll('+', '-').replaceAll('/', '_');
  return secrets.flatMap(({ name, bytes }) => {
    const buffer = Buffer.from(bytes);
    const found: string[] = [];
    for (let at = 0; at + WINDOW <= buffer.length; at++) {
      const window = buffer.subarray(at, at + WINDOW);
      if (all.includes(window.toString('latin1'))) found.push('as it is');
      if (folded.includes(window.toString('hex'))) found.push('in hexadecimal');
      // Ten characters hold seven whole bytes and a half, wherever the secret began in its group of three.
      const base64 = buffer
        .subarray(at, at + WINDOW + 1)
        .toString('base64url')
        .slice(0, 10);
      if (base64.length === 10 && urlSafe.includes(base64)) found.push('in base64');
    }
    return [...new Set(found)].map((spelling) => `${name}, ${spelling}`);
  });
}
