import type { PartEntry } from './registry.ts';

/**
 * Which part is which device, as JSON for a broker that asks for evidence: public facts, and only of devices that were
 * provisioned. A broker reads it again when it has changed.
 */
export function deviceList(parts: readonly PartEntry[]): string {
  const devices = parts.flatMap(({ serial, attestationKey, device }) => {
    if (device === undefined) return [];
    return [{ serial, attestation_key: attestationKey, identity: `urn:keystile:${device.fleet}:device:${device.id}` }];
  });
  return `${JSON.stringify(devices, undefined, 2)}\n`;
}
