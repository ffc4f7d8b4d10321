import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { mqttModule, pageFolder } from '@keystile/console';
import { browserMissing, openBrowser } from '@keystile/testkit/browser';
import { pino } from 'pino';
import type { Page } from 'playwright-core';
import { signOperatorToken } from '../../src/console/operator-token.ts';
import { type Console, startConsole } from '../../src/console/server.ts';
import { SESSION_LIFE_MS } from '../../src/console/sessions.ts';
import { readServiceState } from '../../src/service/service-state.ts';
import { publicKeyDer } from '../../src/state/signer.ts';
import { FakeBroker } from '../support/fake-broker.ts';
import { homeWithFleet } from '../support/home.ts';

/** A page has a few seconds for what a person would wait for. */
const PATIENCE = { timeout: 8000 };

interface Fixture {
  readonly console: Console;
  readonly broker: FakeBroker;
  /** Path of the fleet root's certificate. */
  readonly root: string;
  readonly clock: { aheadMs: number };
}

async function startFixture(context: TestContext): Promise<Fixture> {
  const { home } = await homeWithFleet(context);
  const state = await readServiceState(home);
  const broker = await FakeBroker.start(context, {
    key: await readFile(join(home, 'broker/key.pem'), 'utf8'),
    certificate: await readFile(join(home, 'broker/cert.pem'), 'utf8'),
    tokenKey: publicKeyDer(state.tokenKey),
  });
  const clock = { aheadMs: 0 };
  const now = (): number => Date.now() + clock.aheadMs;
  const console = await startConsole({
    tls: state.console,
    port: 0,
    fleet: 'home',
    operator: 'console',
    websocketUrl: broker.url,
    page: { folder: pageFolder, mqttModule },
    devices: async () => [{ id: 'ac-000017', serial: 'KS-000017', model: 'KS-1' }],
    operatorToken: (operator) => signOperatorToken({ fleet: 'home', tokenKey: state.tokenKey, now }, operator),
    now,
    log: pino({ level: 'silent' }),
  });
  context.after(() => console.close());
  return { console, broker, root: join(home, 'authority/root/cert.pem'), clock };
}

/** The page, signed in and live, and what it complained about. */
async function openPage(context: TestContext, fixture: Fixture): Promise<{ page: Page; complaints: string[] }> {
  const browser = await openBrowser(context, fixture.root);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(fixture.console.link().link);
  await page.waitForSelector('body[data-connection="live"]', PATIENCE);
  return { page, complaints };
}

function hasText(page: Page, selector: string, text: string): Promise<unknown> {
  return page.locator(selector, { hasText: text }).first().waitFor(PATIENCE);
}

test('the whole page, in a browser that trusts the fleet root', { skip: browserMissing }, async (context) => {
  const fixture = await startFixture(context);
  const opened = { fixture, ...(await openPage(context, fixture)) };
  await signedIn(context, opened);
  await settings(context, opened);
  await interruptions(context, opened);
  await endings(context, opened);
});

interface Opened {
  readonly fixture: Fixture;
  readonly page: Page;
  readonly complaints: readonly string[];
}

async function signedIn(context: TestContext, { fixture, page }: Opened): Promise<void> {
  const { broker } = fixture;
  await context.test('the link signs in and the room is shown live', async () => {
    assert.equal(new URL(page.url()).pathname, '/');
    await hasText(page, '#temperature', '24.5');
    await hasText(page, '#outdoor', '31.4 °C');
    await hasText(page, '#power', '642 W');
    await hasText(page, '#agreement', 'Reported by the device itself');
    broker.state = { ...broker.state, temperature: 23.9 };
    broker.report();
    await hasText(page, '#temperature', '23.9');
  });

  await context.test('the token went as a subprotocol and names the console operator', async () => {
    assert.equal(broker.upgrades[0]?.[0], 'mqtt');
    assert.match(broker.upgrades[0]?.[1] ?? '', /^keystile-token\.[\w-]+$/);
    assert.deepEqual(broker.identities, ['urn:keystile:home:operator:console']);
  });

  await context.test('the cookie cannot be read by the page', async () => {
    assert.equal(await page.evaluate('document.cookie'), '');
    const [cookie] = await page.context().cookies();
    assert.partialDeepStrictEqual(cookie, {
      name: '__Host-keystile',
      httpOnly: true,
      secure: true,
      sameSite: 'Strict',
    });
  });
}

async function settings(context: TestContext, { fixture, page }: Opened): Promise<void> {
  const { broker } = fixture;
  await context.test('a set point by button comes back from the device', async () => {
    await page.click('#step-up');
    await page.click('#step-up');
    await hasText(page, '#set-point', '23.5');
    await hasText(page, '#activity li[data-outcome="reported"]', 'Set point 23.5 °C');
    await hasText(page, '#agreement', 'Reported by the device itself');
    assert.equal(broker.state.setPoint, 23.5);
    await hasText(page, '#announcer', 'set point 23.5 is reported by the device');
  });

  await context.test('a set point by keyboard, and its limits', async () => {
    const slider = page.locator('[role="slider"]');
    await slider.focus();
    await slider.press('Home');
    await slider.press('ArrowDown');
    await slider.press('ArrowUp');
    await hasText(page, '#activity li[data-outcome="reported"]', 'Set point 16.5 °C');
    assert.equal(await slider.getAttribute('aria-valuenow'), '16.5');
    await slider.press('End');
    await slider.press('ArrowRight');
    await hasText(page, '#activity li[data-outcome="reported"]', 'Set point 30.0 °C');
  });

  await context.test('a set point by dragging the knob', async () => {
    const box = await page.locator('[role="slider"]').boundingBox();
    assert.ok(box);
    const at = (x: number, y: number) => [box.x + box.width * x, box.y + box.height * y] as const;
    const radius = 140 / 340;
    const diagonal = radius * Math.SQRT1_2;
    await page.mouse.move(...at(0.5 + diagonal, 0.5 + diagonal));
    await page.mouse.down();
    await page.mouse.move(...at(0.5 + radius, 0.5), { steps: 4 });
    await page.mouse.move(...at(0.5, 0.5 - radius), { steps: 4 });
    await page.mouse.up();
    await hasText(page, '#activity li[data-outcome="reported"]', 'Set point 23.0 °C');
  });

  await context.test('mode, fan and swing; what is not reported back stays marked as asked', async () => {
    await page.locator('#mode label', { hasText: 'Heat' }).click();
    await page.waitForSelector('body[data-mode="heat"]', PATIENCE);
    broker.stubborn.set('fan', '');
    await page.locator('#fan label', { hasText: 'High' }).click();
    await hasText(page, '#fan .pending-note', 'High asked, still Auto');
    await hasText(page, '#activity li[data-outcome="pending"]', 'Fan High');
    broker.state = { ...broker.state, fan: 'high' };
    broker.report();
    await hasText(page, '#activity li[data-outcome="reported"]', 'Fan High');
  });

  await context.test('a refused command shows its sentence and code, and the reported value stays', async () => {
    broker.stubborn.set('swing', 'the louvre is stuck');
    await page.locator('#swing label', { hasText: 'Both' }).click();
    await hasText(page, '#activity li[data-outcome="refused"]', 'refused: the louvre is stuck (KS-U203)');
    assert.equal(await page.locator('#swing input[value="vertical"]').isChecked(), true);
  });
}

async function interruptions(context: TestContext, { fixture, page }: Opened): Promise<void> {
  const { broker } = fixture;
  await context.test('a device that goes offline is shown so, and cannot be set', async () => {
    broker.setAvailability('offline');
    await hasText(page, '#availability', 'Device offline');
    assert.equal(await page.locator('#step-up').isDisabled(), true);
    assert.equal(await page.locator('#mode input').first().isDisabled(), true);
    broker.setAvailability('online');
    await page.waitForSelector('#step-up:enabled', PATIENCE);
  });

  await context.test('a lost connection comes back with a fresh token', async () => {
    const before = broker.upgrades.length;
    broker.drop();
    await page.waitForSelector('body[data-connection="waiting"]', PATIENCE);
    await page.waitForSelector('body[data-connection="live"]', PATIENCE);
    assert.equal(broker.upgrades.length, before + 1);
    assert.notEqual(broker.upgrades.at(-1)?.[1], broker.upgrades[0]?.[1]);
  });

  await context.test('it works at phone width without scrolling sideways, light and dark', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
    }
    await page.setViewportSize({ width: 1180, height: 900 });
  });
}

async function endings(context: TestContext, { fixture, page, complaints }: Opened): Promise<void> {
  const { broker } = fixture;
  await context.test('nothing was refused by the content security policy, and nothing failed', () => {
    assert.deepEqual(complaints, []);
  });

  await context.test('a session that has ended says so and stops', async () => {
    fixture.clock.aheadMs = SESSION_LIFE_MS;
    broker.drop();
    await page.waitForSelector('body[data-connection="signed-out"]', PATIENCE);
    await hasText(page, '#notice', 'keystile console link');
    await page.reload();
    await hasText(page, 'h1', 'Sign in');
  });

  await context.test('signing out ends the session in the browser', async () => {
    await page.goto(fixture.console.link().link);
    await page.waitForSelector('body[data-connection="live"]', PATIENCE);
    await page.click('#sign-out');
    await hasText(page, 'h1', 'Sign in');
    await page.goto(fixture.console.url);
    await hasText(page, 'h1', 'Sign in');
  });

  await context.test('a browser that does not trust the fleet root refuses the page', async (inner) => {
    const browser = await openBrowser(inner, undefined);
    const stranger = await browser.newPage();
    await assert.rejects(stranger.goto(fixture.console.link().link), /ERR_CERT_AUTHORITY_INVALID/);
  });
}
