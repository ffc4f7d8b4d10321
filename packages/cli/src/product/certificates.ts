/** The certificates of a home, and how long they still hold. Reads public files only. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HomePaths } from '../home/paths.ts';

export interface CertificateNews {
  readonly name: string;
  readonly subject: string;
  /** ISO 8601. */
  readonly expiresAt: string;
  readonly daysLeft: number;
}

const DAY_MS = 86_400_000;

export async function certificateNews(paths: HomePaths, nowMs: number): Promise<CertificateNews[]> {
  const news: CertificateNews[] = [];
  for (const [name, path] of certificateFiles(paths)) {
    const pem = await readFile(path, 'utf8').catch(() => undefined);
    if (pem !== undefined) news.push(expiry(name, new X509Certificate(pem), nowMs));
  }
  return news;
}

export function expiry(name: string, certificate: X509Certificate, nowMs: number): CertificateNews {
  const expiresAtMs = certificate.validToDate.getTime();
  return {
    name,
    subject: certificate.subject.replaceAll('\n', ', '),
    expiresAt: new Date(expiresAtMs).toISOString(),
    daysLeft: Math.floor((expiresAtMs - nowMs) / DAY_MS),
  };
}

function certificateFiles(paths: HomePaths): [string, string][] {
  const authority = ['root', 'device-ca', 'server-ca', 'client-ca', 'maker-ca', 'console', 'service'];
  return [
    ...authority.map((name): [string, string] => [name, join(paths.authority, name, 'cert.pem')]),
    ['broker', join(paths.broker, 'cert.pem')],
    ['operator', join(paths.operator, 'cert.pem')],
  ];
}
