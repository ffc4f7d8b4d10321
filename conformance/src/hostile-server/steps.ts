import type { Talk, Tls12Talk } from '@keystile/adversary';
import { type HandshakeType, handshakeTypes } from '@keystile/tls/codec';
import type { Refusal } from './script.ts';

export type RecordType = Parameters<Talk['server']['plain']>[0];

/** A point at which an honest server has said so much and no more. */
export interface Step<SomeTalk extends Talk | Tls12Talk> {
  readonly name: string;
  /** What an honest server may say next. */
  readonly awaits: readonly HandshakeType[];
  /** Whether the client has keys to send an alert under. */
  readonly encrypted: boolean;
  readonly from?: NonNullable<Refusal<SomeTalk>['from']>;
  /** Goes from the ClientHello, or from the end of the handshake, to here. */
  readonly reach: (talk: SomeTalk) => void;
  /** One record as the server would send it here. */
  readonly say: (talk: SomeTalk, type: RecordType | number, content: Uint8Array) => void;
}

/** The server's messages of a full handshake of TLS 1.3 after its ServerHello, in their order. */
const tls13Flight = [
  'encryptedExtensions',
  'certificateRequest',
  'certificate',
  'certificateVerify',
  'finished',
] as const;

type Tls13Message = (typeof tls13Flight)[number];

/** ServerHello and what follows it up to and including `last`. */
function reachTls13(talk: Talk, last?: Tls13Message): void {
  talk.hello();
  const count = last === undefined ? 0 : tls13Flight.indexOf(last) + 1;
  for (const name of tls13Flight.slice(0, count)) talk.saySealed(talk.server[name]());
}

const sealed: Step<Talk | Tls12Talk>['say'] = (talk, type, content) => talk.say(talk.server.seal(type, content));

export const tls13Steps: readonly Step<Talk>[] = [
  {
    name: 'before ServerHello',
    awaits: ['ServerHello'],
    encrypted: false,
    reach: () => {},
    say: (talk, type, content) => talk.say(plain(type, content)),
  },
  tls13Step(undefined, ['EncryptedExtensions']),
  tls13Step('encryptedExtensions', ['CertificateRequest', 'Certificate']),
  tls13Step('certificateRequest', ['Certificate']),
  tls13Step('certificate', ['CertificateVerify']),
  tls13Step('certificateVerify', ['Finished']),
  {
    name: 'after Finished',
    awaits: ['NewSessionTicket', 'KeyUpdate'],
    encrypted: true,
    from: 'connected',
    reach: () => {},
    say: sealed,
  },
];

function tls13Step(last: Tls13Message | undefined, awaits: readonly HandshakeType[]): Step<Talk> {
  const name = `after ${last ?? 'ServerHello'}`;
  return { name, awaits, encrypted: true, reach: (talk) => reachTls13(talk, last), say: sealed };
}

/** The server's first flight of TLS 1.2. */
export const tls12Flight = [
  'serverHello',
  'certificate',
  'serverKeyExchange',
  'certificateRequest',
  'serverHelloDone',
] as const;

type Tls12Message = (typeof tls12Flight)[number];

/** The messages up to and including `last`. */
export function reachTls12(talk: Tls12Talk, last: Tls12Message): void {
  for (const name of tls12Flight.slice(0, tls12Flight.indexOf(last) + 1)) talk.sayPlain(talk.server[name]());
}

export const tls12Steps: readonly Step<Tls12Talk>[] = [
  tls12Step('serverHello', ['Certificate']),
  tls12Step('certificate', ['ServerKeyExchange']),
  tls12Step('serverKeyExchange', ['CertificateRequest', 'ServerHelloDone']),
  tls12Step('certificateRequest', ['ServerHelloDone']),
  { ...tls12Step('serverHelloDone', []), encrypted: true },
  {
    name: 'after change_cipher_spec',
    awaits: ['Finished'],
    encrypted: true,
    reach: (talk) => {
      reachTls12(talk, 'serverHelloDone');
      talk.server.useKeys();
      talk.say(talk.server.changeCipherSpec());
    },
    say: sealed,
  },
  {
    name: 'after Finished',
    awaits: ['HelloRequest'],
    encrypted: true,
    from: 'connected',
    reach: () => {},
    say: sealed,
  },
];

function tls12Step(last: Tls12Message, awaits: readonly HandshakeType[]): Step<Tls12Talk> {
  return {
    name: `after ${last}`,
    awaits,
    encrypted: false,
    reach: (talk) => reachTls12(talk, last),
    say: (talk, type, content) => talk.say(plain(type, content)),
  };
}

/** In the clear, with any content type. */
export function plain(type: RecordType | number, content: Uint8Array): Uint8Array {
  const code = typeof type === 'number' ? type : recordTypes[type];
  return Uint8Array.from([code, 3, 3, content.length >>> 8, content.length & 0xff, ...content]);
}

const recordTypes: Readonly<Record<RecordType, number>> = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
};

/** A message of this type with so many zeros in it. */
export function zeros(type: HandshakeType | number, length: number): Uint8Array {
  const code = typeof type === 'number' ? type : handshakeTypes[type];
  return Uint8Array.from([code, length >>> 16, (length >>> 8) & 0xff, length & 0xff, ...new Uint8Array(length)]);
}

/** Ways to say a message whose content does not end where it should. */
export const misfits: readonly (readonly [how: string, change: (message: Uint8Array) => Uint8Array])[] = [
  ['cut by a byte', (message) => fitted(message.slice(0, -1))],
  ['with a byte behind it', (message) => fitted(Uint8Array.from([...message, 0]))],
  ['cut to a byte', (message) => fitted(message.slice(0, 5))],
];

/** A message that was cut or extended, with a header that tells its new length. */
export function fitted(message: Uint8Array): Uint8Array {
  const length = message.length - 4;
  const changed = message.slice();
  changed.set([length >>> 16, (length >>> 8) & 0xff, length & 0xff], 1);
  return changed;
}
