import { ByteWriter, encodeUtf8 } from '@keystile/bytes';

/** server_name, RFC 6066 §3: DNS names only; an IP address is never sent. */
export function encodeServerName(dnsName: string): Uint8Array {
  const entry = new ByteWriter().u8(hostNameType).vector16(encodeUtf8(dnsName)).finish();
  return new ByteWriter().vector16(entry).finish();
}

const hostNameType = 0;

/** Whether `name` is an IP address literal (IPv4 dotted quad, or anything with a colon). */
export function isAddressLiteral(name: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || name.includes(':');
}
