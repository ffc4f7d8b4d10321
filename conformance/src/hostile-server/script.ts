import { Fleet, type Party, party, Talk, type TalkOptions, Tls12Fleet, Tls12Talk } from '@keystile/adversary';
import type { ErrorCode } from '@keystile/errors';
import type { Alert } from '@keystile/tls';
import type { Psk, ResumableMaster } from '@keystile/tls/codec';

/** What a server says that it may not, and what it must hear for it. */
export interface Refusal<SomeTalk> extends TalkOptions {
  /** A sentence of which the group's name is the subject. */
  readonly name: string;
  readonly script: (talk: SomeTalk) => void;
  readonly code: ErrorCode;
  /** `none`: the server hears nothing. */
  readonly alert: Alert | 'none';
  /** Whether the alert must leave encrypted. In TLS 1.3 by default, as from ServerHello on it must be. */
  readonly encrypted?: boolean;
  /** `connected`: the handshake is over, honestly, before the script begins. */
  readonly from?: 'connected';
}

/** What a server says that looks odd and is in order: after it the client is connected, or is once it may. */
export interface Acceptance<SomeTalk> extends TalkOptions {
  readonly name: string;
  readonly script: (talk: SomeTalk) => void;
  readonly from?: 'connected';
}

/** One scripted case. `judge` plays it and says what was wrong with what the client did, if anything was. */
export interface ScriptedCase {
  readonly name: string;
  readonly judge: () => string | undefined;
}

/** Whom the clients of all scripts trust. */
export const honest: Party = party();

/** Scripts about one thing, which their module adds one after the other. */
export class ScriptGroup<SomeTalk extends Talk | Tls12Talk> {
  readonly cases: ScriptedCase[] = [];
  readonly #name: string;
  readonly #opening: Opening<SomeTalk>;

  constructor(name: string, opening: Opening<SomeTalk>) {
    this.#name = name;
    this.#opening = opening;
  }

  refuses(refusal: Refusal<SomeTalk>): void {
    this.cases.push(refusalCase(this.#opening, { ...refusal, name: `${this.#name}: ${refusal.name}` }));
  }

  accepts(acceptance: Acceptance<SomeTalk>): void {
    const judge = (): string | undefined => whyNotAccepted(this.#opening, acceptance);
    this.cases.push({ name: `${this.#name}: ${acceptance.name}`, judge });
  }
}

export function tls13Group(name: string): ScriptGroup<Talk> {
  return new ScriptGroup(`TLS 1.3, ${name}`, { open: (options) => new Talk(honest, options), encrypted: true });
}

export function tls12Group(name: string): ScriptGroup<Tls12Talk> {
  return new ScriptGroup(`TLS 1.2, ${name}`, { open: (options) => new Tls12Talk(honest, options), encrypted: false });
}

/** The client offers a ticket; `script` has the key of it. */
export function resumedRefusal(
  refusal: Omit<Refusal<Talk>, 'script'> & { readonly script: (talk: Talk, psk: Psk) => void },
): ScriptedCase {
  const fleet = new Fleet(honest);
  const [psk] = fleet.issue({});
  if (psk === undefined) throw new Error('no ticket was issued');
  const { script, ...rest } = refusal;
  const opened = { open: (options: TalkOptions) => fleet.talk(options), encrypted: true };
  return refusalCase(opened, {
    ...rest,
    name: `TLS 1.3, resumption ${rest.name}`,
    script: (talk) => script(talk, psk),
  });
}

export function resumedTls12Refusal(
  refusal: Omit<Refusal<Tls12Talk>, 'script'> & {
    readonly script: (talk: Tls12Talk, session: ResumableMaster) => void;
  },
): ScriptedCase {
  const fleet = new Tls12Fleet(honest);
  const { script, ...rest } = refusal;
  const session = fleet.issue(new Uint8Array(50).fill(5), { policy: rest.policy ?? {} });
  const opened = { open: (options: TalkOptions) => fleet.talk(options), encrypted: false };
  const name = `TLS 1.2, resumption ${rest.name}`;
  return refusalCase(opened, { ...rest, name, script: (talk) => script(talk, session) });
}

interface Opening<SomeTalk> {
  readonly open: (options: TalkOptions) => SomeTalk;
  /** How alerts leave unless the case says otherwise. */
  readonly encrypted: boolean;
}

function refusalCase<SomeTalk extends Talk | Tls12Talk>(
  opening: Opening<SomeTalk>,
  refusal: Refusal<SomeTalk>,
): ScriptedCase {
  return { name: refusal.name, judge: () => whyNotRefused(opening, refusal) };
}

function whyNotRefused<SomeTalk extends Talk | Tls12Talk>(
  { open, encrypted }: Opening<SomeTalk>,
  refusal: Refusal<SomeTalk>,
): string | undefined {
  const talk = open(refusal);
  const { client, server } = talk;
  if (refusal.from === 'connected') {
    talk.connect();
    if (client.status.phase !== 'connected') return `the honest handshake failed: ${client.failure?.message}`;
  }
  refusal.script(talk);
  const { failure } = client;
  if (failure === undefined) return `${refusal.code} was due, and the client is ${client.status.phase}`;
  if (failure.code !== refusal.code) return `${refusal.code} was due, and not ${failure.message}`;
  const due = refusal.alert === 'none' ? '' : alertText(refusal.alert, refusal.encrypted ?? encrypted);
  const heard = server.alerts.map(({ name, isProtected }) => alertText(name, isProtected)).join(', ');
  if (heard !== due) return `the alert "${due}" was due, and the server heard "${heard}"`;
  if (client.status.serverPath !== undefined && refusal.from !== 'connected') return 'the server was authenticated';
  return whyNotOver(talk);
}

function alertText(name: string, isProtected: boolean): string {
  return `${name} ${isProtected ? 'encrypted' : 'in the clear'}`;
}

/** Nothing that comes later revives it, nothing more is sent, and nothing can be written. */
function whyNotOver({ client }: Talk | Tls12Talk): string | undefined {
  client.receive(new Uint8Array(100).fill(0x16));
  if (client.outputBytes > 0) return 'something was sent after the alert';
  if (client.isWritable) return 'data can be written after the failure';
  return undefined;
}

function whyNotAccepted<SomeTalk extends Talk | Tls12Talk>(
  { open }: Opening<SomeTalk>,
  acceptance: Acceptance<SomeTalk>,
): string | undefined {
  const talk = open(acceptance);
  if (acceptance.from === 'connected') talk.connect();
  acceptance.script(talk);
  const { failure, status } = talk.client;
  if (failure !== undefined) return `it is in order, and was refused: ${failure.message}`;
  return status.phase === 'connected' ? undefined : `it is in order, and the client is ${status.phase}`;
}
