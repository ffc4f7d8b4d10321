/** Names that say nothing: a module called after its being shared has no subject, a class called a manager has several. */

const BANNED_WORDS = new Set(['util', 'utils', 'utility', 'utilities', 'helper', 'helpers', 'manager', 'impl']);
/** Empty only as the first word: `nothingInCommon` says something. */
const BANNED_FIRST_WORD = 'common';
/** A field of X.509. */
const NOUN_OF_A_STANDARD = /common.?name/i;

/** The banned word in an identifier, or in the name of one file or folder. */
export function bannedWord(name: string): string | undefined {
  const words = wordsOf(name);
  if (words[0] === BANNED_FIRST_WORD && !NOUN_OF_A_STANDARD.test(name)) return BANNED_FIRST_WORD;
  return words.find((word) => BANNED_WORDS.has(word));
}

/** `readCommonBytes`, `read-common.ts` and `READ_COMMON` alike: read, common, … */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z\d]+/)
    .map((word) => word.toLowerCase());
}
