/**
 * Whether a string may stand in an MQTT packet: no U+0000 [MQTT-1.5.4-2], no lone surrogate [MQTT-1.5.4-1], and none of
 * the control characters and non-characters that a receiver may refuse (MQTT 5.0 §1.5.4). They are refused because
 * their only known use is to make two names look alike in a log.
 */
export function isWellFormedText(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f)) return false;
    if (unit < 0xd800) continue;
    if (unit < 0xe000) {
      const next = text.charCodeAt(at + 1);
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false;
      // The last two code points of every plane are non-characters.
      if ((next & 0x3fe) === 0x3fe && (unit & 0x3f) === 0x3f) return false;
      at += 1;
    } else if ((unit >= 0xfdd0 && unit <= 0xfdef) || unit >= 0xfffe) return false;
  }
  return true;
}
