import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { type BrowserContext, chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const CERTUTIL = '/usr/bin/certutil';
const run = promisify(execFile);

/** Why the browser tests cannot run here, or `false`. */
export const browserMissing: string | false = !existsSync(CHROMIUM)
  ? 'needs Debian package chromium'
  : !existsSync(CERTUTIL)
    ? 'needs Debian package libnss3-tools (certutil)'
    : false;

/**
 * Headless Chromium with a fresh profile. With `root`, its own certificate store trusts that certificate and nothing
 * is ignored: the page must load as it would for a person who has installed the root.
 */
export async function openBrowser(context: TestContext, root: string | undefined): Promise<BrowserContext> {
  const home = await mkdtemp(join(tmpdir(), 'ks-browser-'));
  context.after(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const store = join(home, '.pki', 'nssdb');
  await mkdir(store, { recursive: true });
  await run(CERTUTIL, ['-N', '-d', `sql:${store}`, '--empty-password']);
  if (root !== undefined) await run(CERTUTIL, ['-A', '-d', `sql:${store}`, '-n', 'fleet', '-t', 'C,,', '-i', root]);
  const browser = await chromium.launchPersistentContext(join(home, 'profile'), {
    executablePath: CHROMIUM,
    env: { ...process.env, HOME: home },
    viewport: { width: 1180, height: 900 },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  context.after(() => browser.close());
  return browser;
}
