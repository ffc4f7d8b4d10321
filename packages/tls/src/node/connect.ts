import { X509Certificate } from 'node:crypto';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { KeystileError } from '@keystile/errors';
import { type CheckedClientCertificate, checkClientCertificate } from '../client/client-certificate.ts';
import { type ClientOptions, TlsClient } from '../client/connection.ts';
import type { Trace } from '../client/trace.ts';
import type { CertificateVerifier } from '../client/verifier.ts';
import { type CheckedTlsPolicy, checkTlsPolicy, defaultTlsPolicy, type TlsPolicy } from '../policy.ts';
import { Remembered } from '../remembered.ts';
import type { TicketStore } from '../resumption/ticket-store.ts';
import { verifyingKeyOf } from '../signature.ts';
import { type Certificates, certificatesOf, textOf } from './certificates.ts';
import { pathVerifier, rootsOf } from './path-verifier.ts';
import { type Signer, TlsStream } from './tls-stream.ts';

/** Whom to connect to, whom to trust, who we are. Names are those of `tls.connect` where the meaning is the same. */
export interface ConnectOptions {
  /** `localhost` when absent. */
  readonly host?: string;
  readonly port?: number;
  /** A Unix socket, in place of host and port. */
  readonly path?: string;
  /** A byte stream that is open already, in place of host and port. It is ended and destroyed with the connection. */
  readonly socket?: Duplex;
  /** The name that the server's certificate must have; `host` when absent. */
  readonly servername?: string;
  /** The roots to trust. Either these or a verifier: there is no default, and no way not to verify. */
  readonly ca?: Certificates;
  readonly verifier?: CertificateVerifier;
  /** The client's certificate and its chain, leaf first. */
  readonly cert?: Certificates;
  /** Signs with the key of `cert`, which may be in a token, a TPM, another machine. */
  readonly signer?: Signer;
  readonly ALPNProtocols?: readonly string[];
  /** Changes to the engine's default policy. */
  readonly policy?: Partial<TlsPolicy>;
  /** Resumes sessions from here; the caller drops them when earlier ones should not count any more. */
  readonly tickets?: TicketStore;
  /** 32 bytes; what must be the same for a session to be resumed, with a `verifier` of one's own (with `ca`: its digest). */
  readonly scope?: Uint8Array;
  /** Whether our side stays open when the server has ended; false when absent. */
  readonly allowHalfOpen?: boolean;
  /** From the call to the end of the handshake; 10 seconds when absent. */
  readonly handshakeTimeoutMs?: number;
  /** Milliseconds since 1970; the system's clock when absent. */
  readonly nowMs?: () => number;
  readonly trace?: Trace;
}

/** A handshake with a token takes milliseconds, one with a slow card a second or two. */
const handshakeTimeoutMsDefault = 10_000;

/**
 * Opens a TLS connection whose client key need not be in this process. The stream is given at once; what is written
 * before `secureConnect` waits. Every error of it is a `KeystileError`. Throws `KS-T131` for options that contradict
 * each other.
 */
export function connect(options: ConnectOptions, onSecureConnect?: () => void): TlsStream {
  const client = new TlsClient(clientOptions(options));
  const stream = new TlsStream({
    client,
    openTransport: (receive) => openTransport(options, receive),
    signer: options.signer,
    servername: serverNameOf(options),
    allowHalfOpen: options.allowHalfOpen ?? false,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? handshakeTimeoutMsDefault,
  });
  if (onSecureConnect !== undefined) stream.once('secureConnect', onSecureConnect);
  return stream;
}

function clientOptions(options: ConnectOptions): ClientOptions {
  const { policy, ALPNProtocols, trace, nowMs = Date.now } = options;
  const clientCertificate = clientCertificateOf(options);
  const resumption = resumptionOf(options, nowMs);
  return {
    policy: policyOf({ ...defaultTlsPolicy, alpn: ALPNProtocols ?? [], ...policy }),
    serverName: serverNameOf(options),
    verifier: verifierOf(options, nowMs),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(resumption === undefined ? {} : { resumption }),
    ...(trace === undefined ? {} : { trace }),
  };
}

function policyOf(policy: TlsPolicy): CheckedTlsPolicy {
  return policies.of(JSON.stringify(policy), () => checkTlsPolicy(policy));
}

const policies = new Remembered<CheckedTlsPolicy>();

function serverNameOf({ servername, host = 'localhost' }: ConnectOptions): string {
  return servername ?? host;
}

function openTransport(options: ConnectOptions, receive: (bytes: Uint8Array) => void): Duplex {
  const { socket, path, host = 'localhost', port } = options;
  if (socket !== undefined) return socket.on('data', receive);
  if (path === undefined && port === undefined) {
    throw new KeystileError('KS-T131', 'connect needs a port, a path or a socket');
  }
  return net.connect({
    ...(path === undefined ? { host, port: port ?? 0 } : { path }),
    // The end of the server's data must not end ours before close_notify has left.
    allowHalfOpen: true,
    onread: { buffer: receiveBuffer, callback: (length) => receiveFrom(receiveBuffer, length, receive) },
  });
}

/**
 * Where every socket reads to: what is in it is taken before the event loop reads again. A buffer for each read, as
 * sockets have it by themselves, costs more than decrypting what is in it.
 */
const receiveBuffer = new Uint8Array(65_536);

/** True: go on. */
function receiveFrom(buffer: Uint8Array, length: number, receive: (bytes: Uint8Array) => void): boolean {
  receive(buffer.subarray(0, length));
  return true;
}

function verifierOf({ verifier, ca }: ConnectOptions, nowMs: () => number): CertificateVerifier {
  if ((verifier === undefined) === (ca === undefined)) {
    throw new KeystileError('KS-T131', 'connect needs either ca or verifier: what it shall trust');
  }
  return verifier ?? pathVerifier({ ca: ca ?? [], nowMs });
}

function clientCertificateOf({ cert, signer }: ConnectOptions): CheckedClientCertificate | undefined {
  if ((cert === undefined) !== (signer === undefined)) {
    throw new KeystileError('KS-T131', 'cert and signer go together');
  }
  if (cert === undefined) return undefined;
  return ownCertificates.of(textOf(cert), () => readOwnCertificate(cert));
}

function readOwnCertificate(cert: Certificates): CheckedClientCertificate {
  const chain = certificatesOf('cert', cert);
  const scheme = verifyingKeyOf(new X509Certificate(chain[0]).publicKey)?.scheme;
  if (scheme === undefined) throw new KeystileError('KS-T131', 'the key of cert is neither P-256 nor P-384');
  return checkClientCertificate({ chain, scheme });
}

const ownCertificates = new Remembered<CheckedClientCertificate>();

function resumptionOf({ tickets, scope, ca }: ConnectOptions, nowMs: () => number): ClientOptions['resumption'] {
  if (tickets === undefined) return undefined;
  if (scope !== undefined) return { tickets, scope, nowMs };
  if (ca === undefined) throw new KeystileError('KS-T131', 'tickets with a verifier of your own need a scope');
  return { tickets, scope: rootsOf(ca).digest, nowMs };
}
