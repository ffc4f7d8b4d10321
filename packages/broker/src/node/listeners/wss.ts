import type { KeyObject } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { KeystileError } from '@keystile/errors';
import { WebSocketServer } from 'ws';
import type { Credentials } from '../../admission/revocations.ts';
import { isRefusal } from '../../refusal.ts';
import type { WssConfiguration } from '../configuration/schema.ts';
import { readPublicKey } from '../files.ts';
import { credentialsOf } from '../peer/certificate-credentials.ts';
import { channelOf } from '../peer/tls-channel.ts';
import { credentialsOfToken } from '../peer/token-credentials.ts';
import { AdmissionGate } from './admission-gate.ts';
import { remoteOf } from './bind.ts';
import { guarded, type ListenerParts, type Listening, policyOf } from './listener.ts';
import { tlsOptions } from './tls-options.ts';
import { driveWebSocket } from './web-socket-transport.ts';

/**
 * MQTT over WebSocket over TLS, for pages. A peer shows a client certificate, or the token of a signed-in console
 * session as a subprotocol beside `mqtt`: `keystile-token.<base64url>`. A browser can send no header of its own there, and
 * a token in the address would end up in logs.
 */
const TOKEN_PREFIX = 'keystile-token.';
/** An upgrade is a kilobyte; a client certificate travels in TLS, not here. */
const HEADERS_MAX = 8 * 1024;

/** The one table from refusal to HTTP status. */
const statusOf = { 'KS-B120': 401, 'KS-B121': 403, 'KS-B122': 401, 'KS-B123': 400, 'KS-B124': 404 } as const;
type UpgradeRefusal = keyof typeof statusOf;
const statusText = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found' } as const;

export async function listenWss(configuration: WssConfiguration, parts: ListenerParts): Promise<Listening> {
  const { name, address } = configuration;
  const { log, driver } = parts;
  const server = createServer({
    ...tlsOptions(configuration, parts.folder),
    // A page has no certificate; who shows one must show a good one, and `credentialsOf` demands the certificate itself.
    rejectUnauthorized: false,
    maxHeaderSize: HEADERS_MAX,
    requestTimeout: configuration.handshake_timeout_ms,
    headersTimeout: configuration.handshake_timeout_ms,
  });
  const gate = new AdmissionGate(configuration, log, (socket) => server.emit('connection', socket));
  const upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: configuration.limits.packetSizeMax,
    handleProtocols: () => 'mqtt',
  });
  const door = new UpgradeDoor(configuration, parts);
  const listener = policyOf(configuration);
  server.on('request', (_request, response) => response.writeHead(426, { upgrade: 'websocket' }).end());
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    const remote = remoteOf(request.socket);
    const credentials = guarded(socket, log, () => door.ask(request));
    if (credentials === undefined) return;
    if (credentials instanceof KeystileError) {
      log.event({ level: 'warn', event: 'refused', code: credentials.code, sentence: credentials.message, remote });
      refuseUpgrade(socket, credentials.code as UpgradeRefusal);
      return;
    }
    // A token is not bound to its connection, and neither would evidence be to the token.
    const channel = credentials.serial === undefined ? undefined : channelOf(request.socket as TLSSocket);
    const peer = { credentials, listener, remote, ...(channel && { channel }) };
    upgrades.handleUpgrade(request, socket, head, (webSocket) =>
      driveWebSocket(webSocket, driver, peer, () => gate.admitted(request.socket)),
    );
  });
  server.on('tlsClientError', (error, socket) => {
    const remote = remoteOf(socket);
    const sentence = `TLS on listener '${name}': ${error.message}`;
    log.event({ level: 'warn', event: 'refused', code: 'KS-B112', sentence, remote });
  });
  const port = await gate.listen();
  return { name, kind: 'wss', address, port, close: () => gate.close() };
}

/** Decides about upgrades: path, subprotocol, Origin, and then certificate or token. */
class UpgradeDoor {
  readonly #configuration: WssConfiguration;
  readonly #parts: ListenerParts;
  readonly #tokenKey: KeyObject | undefined;

  constructor(configuration: WssConfiguration, parts: ListenerParts) {
    this.#configuration = configuration;
    this.#parts = parts;
    const { token_key: path } = configuration;
    this.#tokenKey = path === undefined ? undefined : readPublicKey(resolve(parts.folder, path));
  }

  ask(request: IncomingMessage): Credentials | KeystileError {
    try {
      return this.#credentials(request);
    } catch (error) {
      if (error instanceof KeystileError) return error;
      throw error;
    }
  }

  #credentials(request: IncomingMessage): Credentials {
    const { path, origins } = this.#configuration;
    if (request.url !== path) throw new KeystileError('KS-B124', `no WebSocket at this path; it is at ${path}`);
    const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
    if (!protocols.includes('mqtt')) throw new KeystileError('KS-B123', 'the upgrade does not offer mqtt');
    const { origin } = request.headers;
    if (origin !== undefined && !origins.includes(origin)) {
      throw new KeystileError('KS-B121', `${printable(origin)} is not among the configured origins`);
    }
    const token = protocols.find((each) => each.startsWith(TOKEN_PREFIX))?.slice(TOKEN_PREFIX.length);
    if (token === undefined) return this.#byCertificate(request.socket as TLSSocket);
    if (this.#tokenKey === undefined) throw new KeystileError('KS-B122', 'this listener takes no tokens');
    // Tokens are for pages, and a page's browser always says where it comes from.
    if (origin === undefined) throw new KeystileError('KS-B121', 'the upgrade with a token names no origin');
    return credentialsOfToken(token, this.#tokenKey, this.#parts.utcNow());
  }

  #byCertificate(socket: TLSSocket): Credentials {
    const credentials = credentialsOf(socket, this.#parts.issuers);
    if (!isRefusal(credentials)) return credentials;
    throw new KeystileError('KS-B120', `no token, and ${credentials.sentence}`);
  }
}

function refuseUpgrade(socket: Duplex, code: UpgradeRefusal): void {
  const status = statusOf[code];
  const body = `${code}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${statusText[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
}

/** A hostile header must not write into the log or a terminal. */
function printable(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]/g, '?');
}
