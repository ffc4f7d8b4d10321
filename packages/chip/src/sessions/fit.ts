import { encodeUtf8 } from '@keystile/bytes';

/** A sentence, cut until its UTF-8 has at most `lengthMax` bytes: what hostile input made long must still be sent. */
export function fitUtf8(sentence: string, lengthMax: number): string {
  let fitting = sentence;
  while (encodeUtf8(fitting).length > lengthMax) fitting = `${fitting.slice(0, Math.floor(fitting.length / 2))}…`;
  return fitting;
}
