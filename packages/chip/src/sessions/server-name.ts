import { KeystileError } from '@keystile/errors';
import type { Policy } from '@keystile/link';
import { coversHostName, hostName, parseIpAddress } from '@keystile/pki/path';

/** Names of a list that a refusal repeats: a sentence, not the whole list. */
const NAMED_MAX = 6;

/** Throws `KS-C161` unless the policy lists the server: the name itself, an address, or a left-most wildcard. */
export function demandListedServer(policy: Policy, serverName: string): void {
  if (policy.serverNames.some((listed) => covers(listed, serverName))) return;
  const { serverNames } = policy;
  const more = serverNames.length > NAMED_MAX ? ` and ${serverNames.length - NAMED_MAX} more` : '';
  throw new KeystileError(
    'KS-C161',
    `policy '${policy.name}' allows ${serverNames.slice(0, NAMED_MAX).join(', ')}${more}; the host asked for ${serverName}`,
  );
}

function covers(listed: string, serverName: string): boolean {
  const address = parseIpAddress(serverName);
  if (address !== undefined) {
    const allowed = parseIpAddress(listed);
    return allowed !== undefined && Buffer.compare(allowed, address) === 0;
  }
  const name = hostName(serverName);
  return name !== undefined && coversHostName(listed, name);
}
