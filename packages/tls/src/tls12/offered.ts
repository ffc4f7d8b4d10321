import type { Group } from '../codepoints.ts';
import type { CheckedTlsPolicy } from '../policy.ts';

/** The policy's groups that exist in TLS 1.2: the post-quantum hybrid does not. */
export function offeredGroups(policy: CheckedTlsPolicy): readonly Group[] {
  return policy.groups.filter((group) => group !== 'X25519MLKEM768');
}
