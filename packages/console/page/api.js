/**
 * The console's own API, as the page sees it. Every call carries the header that no other site can send.
 * A 401 means that the session has ended: it is thrown as `SignedOut`, everything else as an `Error` with a sentence.
 */
export class SignedOut extends Error {}

export function readSession() {
  return call('GET', '/api/session');
}

/** A token for one connection to the broker; it lives for minutes and is asked for anew each time. */
export async function newToken() {
  const { token } = await call('POST', '/api/token');
  return token;
}

export function signOut() {
  return call('POST', '/api/sign-out');
}

async function call(method, path) {
  const response = await fetch(path, { method, headers: { 'X-Keystile-Console': '1' }, cache: 'no-store' });
  if (response.status === 204) return undefined;
  const body = await response.json();
  if (response.status === 401) throw new SignedOut(body.detail);
  if (!response.ok) throw new Error(`${body.detail} (${body.code})`);
  return body;
}
