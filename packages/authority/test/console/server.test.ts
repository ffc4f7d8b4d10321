import assert from 'node:assert/strict';
import { connect as connectTcp, createServer } from 'node:net';
import { before, type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { mqttModule, pageFolder } from '@keystile/console';
import { operatorToken } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { pino } from 'pino';
import { LINK_LIFE_MS } from '../../src/console/one-time-links.ts';
import { signOperatorToken, TOKEN_LIFE_MS } from '../../src/console/operator-token.ts';
import { type Console, startConsole } from '../../src/console/server.ts';
import { SESSION_IDLE_MS } from '../../src/console/sessions.ts';
import { readServiceState, type ServiceState } from '../../src/service/service-state.ts';
import { publicKeyDer } from '../../src/state/signer.ts';
import { homeWithFleet, TestClock } from '../support/home.ts';
import { type Answer, ask, type Question } from '../support/https.ts';

interface Fixture {
  readonly console: Console;
  readonly clock: TestClock;
  readonly anchor: string;
  readonly tokenKey: Uint8Array;
  readonly ask: (path: string, question?: Question) => Promise<Answer>;
}

/** One home for the whole file: a root ceremony for each test would take most of its time. */
let state: ServiceState;
before(async (context) => {
  const { home } = await homeWithFleet(context as TestContext);
  state = await readServiceState(home);
});

async function startFixture(context: TestContext, port = 0): Promise<Fixture> {
  const clock = new TestClock();
  const { fleet, tokenKey } = state;
  const console = await startConsole({
    tls: state.console,
    port,
    fleet,
    operator: 'console',
    websocketUrl: 'wss://localhost:8884',
    page: { folder: pageFolder, mqttModule },
    devices: async () => [{ id: 'ac-000017', serial: 'KS-000017', model: 'KS-1' }],
    operatorToken: (operator) => signOperatorToken({ fleet, tokenKey, now: clock.now }, operator),
    now: clock.now,
    log: pino({ level: 'silent' }),
  });
  context.after(() => console.close());
  const anchor = state.root;
  return {
    console,
    clock,
    anchor,
    tokenKey: publicKeyDer(tokenKey),
    ask: (path, question) => ask(new URL(path, console.url).href, anchor, question),
  };
}

/** Posts the form that the link's page shows. */
function submit(fixture: Fixture, link: string, headers: Record<string, string> = {}): Promise<Answer> {
  const secret = new URL(link).searchParams.get('link') ?? '';
  return fixture.ask('/sign-in', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ link: secret }).toString(),
  });
}

async function signIn(fixture: Fixture): Promise<string> {
  const answer = await submit(fixture, fixture.console.link().link);
  assert.equal(answer.status, 303);
  const [cookie] = answer.headers['set-cookie'] ?? [];
  return cookie?.split(';')[0] ?? '';
}

function ownHeaders(fixture: Fixture, cookie: string): Record<string, string> {
  return { cookie, origin: fixture.console.url, 'x-keystile-console': '1' };
}

test('opening a link shows a form and spends nothing; posting it signs in, once', async (context) => {
  const fixture = await startFixture(context);
  const { link } = fixture.console.link();
  for (let i = 0; i < 3; i++) {
    const opened = await fixture.ask(link);
    assert.equal(opened.status, 200);
    assert.match(opened.text, /<form id="sign-in" method="post"/);
    assert.equal(opened.headers['set-cookie'], undefined);
  }
  const first = await submit(fixture, link);
  assert.equal(first.status, 303);
  assert.equal(first.headers.location, '/');
  assert.match(
    String(first.headers['set-cookie']),
    /^__Host-keystile=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict;/,
  );
  const second = await submit(fixture, link);
  assert.equal(second.status, 401);
  assert.match(second.text, /KS-A131/);
  assert.equal(second.headers['set-cookie'], undefined);
});

test('a link is refused after ten minutes', async (context) => {
  const fixture = await startFixture(context);
  const { link, expiresAtMs } = fixture.console.link();
  assert.equal(expiresAtMs, fixture.clock.ms + LINK_LIFE_MS);
  fixture.clock.ms += LINK_LIFE_MS;
  assert.equal((await submit(fixture, link)).status, 401);
});

test('a sign-in form that another site sends is refused and does not spend the link', async (context) => {
  const fixture = await startFixture(context);
  const { link } = fixture.console.link();
  const foreign = await submit(fixture, link, { origin: 'https://evil.example' });
  assert.equal(foreign.status, 403);
  assert.equal(foreign.json().code, 'KS-A133');
  assert.equal((await submit(fixture, link, { origin: 'null' })).status, 403);
  assert.equal((await submit(fixture, link, { origin: fixture.console.url })).status, 303);
});

test('a link in a hostile form is shown harmlessly', async (context) => {
  const fixture = await startFixture(context);
  const answer = await fixture.ask(`/sign-in?link=${encodeURIComponent('"><script>alert(1)</script>')}`);
  assert.equal(answer.text.includes('<script>alert'), false);
  assert.match(answer.text, /value="&quot;&gt;&lt;script&gt;/);
});

test('the page needs a session; without one it tells how to get a link', async (context) => {
  const fixture = await startFixture(context);
  const without = await fixture.ask('/');
  assert.equal(without.status, 401);
  assert.match(without.text, /keystile console link/);
  const cookie = await signIn(fixture);
  const page = await fixture.ask('/', { headers: { cookie } });
  assert.equal(page.status, 200);
  assert.match(page.text, /id="dial"/);
  assert.equal(page.headers['cache-control'], 'no-store');
});

test('the content security policy has a fresh nonce each time and allows nothing else', async (context) => {
  const fixture = await startFixture(context);
  const cookie = await signIn(fixture);
  const seen = new Set<string>();
  for (let i = 0; i < 2; i++) {
    const page = await fixture.ask('/', { headers: { cookie } });
    const policy = String(page.headers['content-security-policy']);
    const nonce = /script-src 'nonce-([^']+)'(;|$)/.exec(policy)?.[1];
    assert.ok(nonce, policy);
    assert.ok(page.text.includes(`nonce="${nonce}"`));
    assert.equal(page.text.includes('{{'), false, 'every placeholder is filled');
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /connect-src 'self' wss:\/\/localhost:8884/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    seen.add(nonce);
  }
  assert.equal(seen.size, 2);
  const page = await fixture.ask('/', { headers: { cookie } });
  assert.equal(page.headers['x-content-type-options'], 'nosniff');
  assert.equal(page.headers['referrer-policy'], 'same-origin');
});

test('a session gives a five-minute token, bound to the operator and signed by the token key', async (context) => {
  const fixture = await startFixture(context);
  const cookie = await signIn(fixture);
  const answer = await fixture.ask('/api/token', { method: 'POST', headers: ownHeaders(fixture, cookie) });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['cache-control'], 'no-store');
  const { token, expiresAt } = answer.json();
  const claims = operatorToken.verify(new Uint8Array(Buffer.from(String(token), 'base64url')), fixture.tokenKey);
  assert.equal(claims.identity, 'urn:keystile:home:operator:console');
  assert.equal(claims.issuedAtMs, fixture.clock.ms);
  assert.equal(claims.expiresAtMs, fixture.clock.ms + TOKEN_LIFE_MS);
  assert.equal(Date.parse(String(expiresAt)), claims.expiresAtMs);
  assert.equal(TOKEN_LIFE_MS, 300_000);
  const again = await fixture.ask('/api/token', { method: 'POST', headers: ownHeaders(fixture, cookie) });
  assert.notEqual(again.json().token, token);
});

test('no token without a session, the own origin and the own header', async (context) => {
  const fixture = await startFixture(context);
  const cookie = await signIn(fixture);
  const own = ownHeaders(fixture, cookie);
  const { cookie: _cookie, ...noCookie } = own;
  const { origin: _origin, ...noOrigin } = own;
  const { 'x-keystile-console': _header, ...noHeader } = own;
  const cases: [string, Record<string, string>, number, string][] = [
    ['no cookie', noCookie, 401, 'KS-A132'],
    ['a guessed cookie', { ...own, cookie: `__Host-keystile=${'A'.repeat(43)}` }, 401, 'KS-A132'],
    ['no origin', noOrigin, 403, 'KS-A133'],
    ['another origin', { ...own, origin: 'https://evil.example' }, 403, 'KS-A133'],
    ['the own name on another port', { ...own, origin: 'https://localhost:1' }, 403, 'KS-A133'],
    ['the null origin', { ...own, origin: 'null' }, 403, 'KS-A133'],
    ['plain http', { ...own, origin: fixture.console.url.replace('https', 'http') }, 403, 'KS-A133'],
    ['no own header', noHeader, 403, 'KS-A133'],
  ];
  for (const [what, headers, status, code] of cases) {
    const answer = await fixture.ask('/api/token', { method: 'POST', headers });
    assert.equal(answer.status, status, what);
    assert.equal(answer.json().code, code, what);
    assert.equal(answer.json().token, undefined, what);
  }
});

test('a request under a foreign host name is refused: DNS rebinding ends here', async (context) => {
  const fixture = await startFixture(context);
  const cookie = await signIn(fixture);
  for (const host of ['evil.example', `evil.example:${fixture.console.port}`, 'localhost', 'localhost:1']) {
    const answer = await fixture.ask('/', { headers: { cookie, host } });
    assert.equal(answer.status === 403 || answer.status === 400, true, `${host}: ${answer.status}`);
  }
});

test('the session says which fleet, devices and broker there are', async (context) => {
  const fixture = await startFixture(context);
  const cookie = await signIn(fixture);
  const answer = await fixture.ask('/api/session', { headers: { cookie, 'x-keystile-console': '1' } });
  assert.equal(answer.status, 200);
  const { expiresAt, ...rest } = answer.json();
  assert.equal(typeof expiresAt, 'string');
  assert.deepEqual(rest, {
    fleet: 'home',
    operator: 'console',
    websocketUrl: 'wss://localhost:8884',
    devices: [{ id: 'ac-000017', serial: 'KS-000017', model: 'KS-1' }],
  });
});

test('an idle session and a signed-out one get no token', async (context) => {
  const fixture = await startFixture(context);
  const idle = await signIn(fixture);
  fixture.clock.ms += SESSION_IDLE_MS;
  const tooLate = await fixture.ask('/api/token', { method: 'POST', headers: ownHeaders(fixture, idle) });
  assert.equal(tooLate.status, 401);

  const cookie = await signIn(fixture);
  const out = await fixture.ask('/api/sign-out', { method: 'POST', headers: ownHeaders(fixture, cookie) });
  assert.equal(out.status, 204);
  assert.match(String(out.headers['set-cookie']), /Max-Age=0/);
  const after = await fixture.ask('/api/token', { method: 'POST', headers: ownHeaders(fixture, cookie) });
  assert.equal(after.status, 401);
});

test('signing in again ends the session that the browser had', async (context) => {
  const fixture = await startFixture(context);
  const before = await signIn(fixture);
  await submit(fixture, fixture.console.link().link, { cookie: before });
  assert.equal((await fixture.ask('/', { headers: { cookie: before } })).status, 401);
});

test('guessing links is slowed down', async (context) => {
  const fixture = await startFixture(context);
  const statuses: number[] = [];
  for (let i = 0; i < 22; i++) statuses.push((await submit(fixture, 'https://x/?link=guess')).status);
  assert.deepEqual(statuses.slice(0, 20), Array(20).fill(401));
  assert.deepEqual(statuses.slice(20), [429, 429]);
  const refused = await submit(fixture, 'https://x/?link=guess');
  assert.equal(refused.json().code, 'KS-A134');
});

test('paths outside the page folder, unknown paths and large bodies are refused with a code', async (context) => {
  const fixture = await startFixture(context);
  for (const path of ['/assets/..%2fsrc/index.ts', '/assets/../package.json', '/nothing', '/api/nothing', '/assets/']) {
    const answer = await fixture.ask(path, { headers: { 'x-keystile-console': '1' } });
    assert.equal(answer.status >= 400 && answer.status < 500, true, `${path}: ${answer.status}`);
    assert.match(String(answer.json().code), /^KS-A13/);
  }
  const large = await fixture.ask('/sign-in', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `link=${'A'.repeat(10_000)}`,
  });
  assert.equal(large.status, 400);
  assert.equal(large.json().code, 'KS-A138');
});

test('TLS 1.1 and plain HTTP get no answer', async (context) => {
  const { console, anchor } = await startFixture(context);
  const old = await new Promise<string>((resolve) => {
    const socket = connect({
      port: console.port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: anchor,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    socket.on('error', (error) => resolve(error.message));
    socket.on('secureConnect', () => resolve(`connected by ${socket.getProtocol()}`));
  });
  assert.doesNotMatch(old, /connected/);
  const plain = await new Promise<string>((resolve) => {
    const socket = connectTcp(console.port, '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    );
    let text = '';
    socket.on('data', (piece) => (text += piece.toString('latin1')));
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
  });
  assert.doesNotMatch(plain, /HTTP\/1\.1 200/);
});

test('a busy port is a coded error', async (context) => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  context.after(() => other.close());
  const address = other.address();
  assert.ok(address !== null && typeof address === 'object');
  await assert.rejects(startFixture(context, address.port), (error: unknown) => {
    assert.ok(error instanceof KeystileError);
    assert.equal(error.code, 'KS-A130');
    assert.match(error.detail, new RegExp(`port ${address.port}`));
    return true;
  });
});
