import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { browserMissing, openBrowser } from '@keystile/testkit/browser';
import { homePaths } from '../../src/home/paths.ts';
import { run } from '../keystile.ts';
import { endOf, type RunningSystem, startSystem, untilGone } from '../running-system.ts';

const PATIENCE = { timeout: 15_000 };

describe('the page of a running system, in a browser', { skip: browserMissing }, () => {
  let folder = '';
  let home = '';
  let system: RunningSystem;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keystile-'));
    home = join(folder, 'home');
    system = await startSystem(home);
  });

  after(async () => {
    system.up.kill('SIGTERM');
    await endOf(system.up);
    await untilGone(home, 10_000);
    await rm(folder, { recursive: true, force: true });
  });

  test('trusting the fleet root, it shows the room live, and a set point comes back from the device', async (context) => {
    const browser = await openBrowser(context, join(homePaths(home).authority, 'root', 'cert.pem'));
    const page = await browser.newPage();
    await page.goto(system.document.link);
    await page.waitForSelector('body[data-connection="live"]', PATIENCE);
    const temperature = () => page.locator('#temperature').textContent();
    const first = await temperature();
    for (let waited = 0; waited < 15_000 && (await temperature()) === first; waited += 100) await sleep(100);
    assert.notEqual(await temperature(), first);
    await page.click('#step-down');
    await page.locator('#activity li[data-outcome="reported"]', { hasText: 'Set point 23.5 °C' }).waitFor(PATIENCE);
    const { stdout } = await run(['sub', '-t', 'ac/+/state', '-C', '1', '-W', '10', '--home', home]);
    assert.equal(JSON.parse(stdout).setPoint, 23.5);
  });

  test('the link signs in once only', async (context) => {
    const browser = await openBrowser(context, join(homePaths(home).authority, 'root', 'cert.pem'));
    const page = await browser.newPage();
    await page.goto(system.document.link);
    await page.locator('h1', { hasText: 'Sign in' }).waitFor(PATIENCE);
  });

  test('without that trust it does not load', async (context) => {
    const browser = await openBrowser(context, undefined);
    const page = await browser.newPage();
    await assert.rejects(page.goto(system.document.console), /ERR_CERT_AUTHORITY_INVALID/);
  });
});
