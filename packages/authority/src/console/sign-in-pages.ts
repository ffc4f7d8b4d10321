/**
 * The two pages that exist without a session, as plain HTML strings.
 *
 * Opening a one-time link only *shows* a form that posts it, so that a link preview, a prefetch or a crawler does not
 * spend it; `sign-in.js` posts the form at once, and without scripts one click does.
 */
export interface PageFrame {
  readonly scriptNonce: string;
  readonly styleNonce: string;
}

export function openLinkPage(frame: PageFrame, secret: string): string {
  return page(
    frame,
    'Signing in',
    `<form id="sign-in" method="post" action="/sign-in">
        <input type="hidden" name="link" value="${escapeHtml(secret)}">
        <p>This one-time link signs this browser in.</p>
        <button class="button" type="submit">Open the console</button>
      </form>
      <script type="module" nonce="${frame.scriptNonce}" src="/assets/sign-in.js"></script>`,
  );
}

/** Shown when there is no session, and (with a reason) when a link was not accepted. */
export function signedOutPage(frame: PageFrame, reason?: string): string {
  return page(
    frame,
    'Sign in',
    `${reason === undefined ? '' : `<p class="notice" role="alert">${escapeHtml(reason)}</p>`}
      <p>This console opens with a one-time link. On the machine where Keystile runs, ask for one:</p>
      <pre class="command"><code>keystile console link</code></pre>
      <p class="quiet">A link works once, for ten minutes. If this browser is signed in already,
        <a href="/">continue to the console</a>.</p>`,
  );
}

function page(frame: PageFrame, title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} · Keystile</title>
    <link rel="icon" href="/assets/keystile.svg" type="image/svg+xml">
    <link rel="stylesheet" nonce="${frame.styleNonce}" href="/assets/console.css">
  </head>
  <body class="gate">
    <main class="gate-card">
      <img class="gate-mark" src="/assets/keystile.svg" alt="" width="48" height="48">
      <h1>${title}</h1>
      ${body}
    </main>
  </body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
