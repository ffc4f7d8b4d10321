/**
 * Matching by levels (MQTT 5.0 §4.7), iteratively and without regular expressions: a hostile topic costs at most one
 * step a level.
 */

/** Whether a filter matches a topic. A wildcard never matches a first level that begins with `$` [MQTT-4.7.2-1]. */
export function matchesLevels(filter: readonly string[], topic: readonly string[]): boolean {
  for (let at = 0; at < filter.length; at++) {
    const level = filter[at];
    const wildcard = level === '#' || level === '+';
    if (wildcard && at === 0 && topic[0]?.startsWith('$')) return false;
    // `a/#` also matches `a` itself [MQTT-4.7.1-2].
    if (level === '#') return true;
    if (at >= topic.length || (level !== '+' && level !== topic[at])) return false;
    if (at === topic.length - 1 && filter.length === topic.length + 1) return filter[at + 1] === '#';
  }
  return filter.length === topic.length;
}

/** Whether everything that `inner` can match is also matched by `outer`. */
export function subsumesLevels(outer: readonly string[], inner: readonly string[]): boolean {
  for (let at = 0; at < outer.length; at++) {
    const level = outer[at];
    const other = inner[at];
    const wildcard = level === '#' || level === '+';
    if (wildcard && at === 0 && other?.startsWith('$')) return false;
    // `a/#` covers `a`: the level before has been compared, and inner may end here.
    if (level === '#') return true;
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
    if (at === inner.length - 1 && outer.length === inner.length + 1) return outer[at + 1] === '#';
  }
  return outer.length === inner.length;
}
