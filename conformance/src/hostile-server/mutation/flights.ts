import { randomBytes } from 'node:crypto';
import { acknowledgement, type HostileServer, type HostileTls12Server } from '@keystile/adversary';
import { alertCodes, encodeKeyUpdate, groupCodes, type Psk, type ResumableMaster } from '@keystile/tls/codec';
import type { ContentType, Keys, Utterance } from './utterance.ts';

/** What an honest server says, flight by flight. The client's answer must have been heard before the next one is taken. */
export type Flights = Generator<readonly Utterance[], void, void>;

/** What a session leaves with the server, to be resumed with. */
export interface Remembered {
  readonly psk?: Psk;
  readonly master?: ResumableMaster;
}

export interface Course {
  readonly asksForCertificate: boolean;
  /** Resumes it. */
  readonly remembered: Remembered;
  readonly remember: (remembered: Remembered) => void;
}

interface Tls13Course extends Course {
  /** Whether a HelloRetryRequest comes first. */
  readonly retries: boolean;
}

export function* tls13Flights(server: HostileServer, course: Tls13Course): Flights {
  const { retries, asksForCertificate, remember } = course;
  const { psk } = course.remembered;
  if (retries) {
    yield [message(server.helloRetryRequest({ group: groupCodes['P-256'], cookie: randomBytes(40) }), 'none')];
  }
  const hello = message(server.serverHello(psk === undefined ? {} : { psk }), 'none');
  const rest = [server.encryptedExtensions()];
  if (psk === undefined) {
    if (asksForCertificate) rest.push(server.certificateRequest());
    rest.push(server.certificate(), server.certificateVerify());
  }
  rest.push(server.finished());
  yield [hello, ...rest.map((bytes) => message(bytes, 'handshake'))];

  const [ticket] = server.newSessionTickets({});
  if (ticket === undefined) return;
  remember({ psk: ticket.psk });
  yield [
    message(ticket.message, 'application'),
    data('application'),
    message(encodeKeyUpdate({ updateRequested: true }), 'application'),
    data('next'),
    other('alert', closeNotify, 'next'),
  ];
}

export function* tls12Flights(server: HostileTls12Server, course: Course): Flights {
  const { asksForCertificate, remember } = course;
  const { master } = course.remembered;
  const more = [acknowledgement('session_ticket')];
  if (master === undefined) {
    const first = [server.serverHello({ more }), server.certificate(), server.serverKeyExchange()];
    if (asksForCertificate) first.push(server.certificateRequest());
    yield [...first, server.serverHelloDone()].map((bytes) => message(bytes, 'none'));
    yield [message(server.newSessionTicket(ticketOfTls12), 'none'), ...tls12End(server)];
  } else {
    const hello = server.serverHello({ sessionId: server.hello.sessionId, more });
    const ticket = server.newSessionTicket(ticketOfTls12);
    server.resume(master);
    yield [message(hello, 'none'), message(ticket, 'none'), ...tls12End(server)];
  }
  remember({ master: server.session() });
  yield [
    data('application'),
    message(server.helloRequest(), 'application'),
    data('application'),
    other('alert', closeNotify, 'application'),
  ];
}

function tls12End(server: HostileTls12Server): readonly Utterance[] {
  return [other('change_cipher_spec', Uint8Array.of(1), 'none'), message(server.finished(), 'application')];
}

const ticketOfTls12 = new Uint8Array(80).fill(9);
const closeNotify = Uint8Array.of(1, alertCodes.close_notify);

function message(bytes: Uint8Array, keys: Keys): Utterance {
  return { type: 'handshake', bytes, keys };
}

function other(type: ContentType, bytes: Uint8Array, keys: Keys): Utterance {
  return { type, bytes, keys };
}

function data(keys: Keys): Utterance {
  return other('application_data', new TextEncoder().encode(`a message under ${keys} keys, of no great length`), keys);
}
