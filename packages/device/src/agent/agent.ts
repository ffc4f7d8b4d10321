import { createServer, type Server } from 'node:net';
import { KeystileError } from '@keystile/errors';
import type { Part } from '../part.ts';
import { ClientRelay, type EvidenceUse } from './client-relay.ts';
import type { ClientSecrets } from './client-secrets.ts';
import { type ListenPlace, listenAt } from './listen.ts';
import type { AgentLog } from './log.ts';
import { demandReady, deviceCertificate, deviceIdOf, type PartStatus } from './part-state.ts';
import { asKeystileError } from './refusal.ts';
import { type RenewalOptions, RenewalWatch } from './renewal-watch.ts';

/**
 * The agent: MQTT clients of this machine that know nothing of the part are carried through it, one TLS session each.
 *
 * It boots nothing and reconnects nothing: the device's firmware does the one, clients do the other. What it looks at by
 * itself is the part: a reset, an attack or a renewal that is due is noticed within {@link AgentOptions.watchMs}.
 */
export interface AgentOptions {
  readonly part: Part;
  /** Name of a policy in the part. */
  readonly policy: string;
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
  readonly listen: ListenPlace;
  /** Demanded for TCP, where every user of the machine can connect. */
  readonly secrets?: ClientSecrets;
  readonly evidence: EvidenceUse;
  readonly renewal?: RenewalOptions;
  /** Default 2 s. */
  readonly watchMs?: number;
  readonly log: AgentLog;
}

export interface Agent {
  /** As in `--listen`, with the port that was chosen. */
  readonly place: string;
  /** Local clients that are connected now. */
  readonly clients: number;
  /** Tells the clients that it ends, and ends. The part stays open. */
  close(): Promise<void>;
}

const WATCH_MS = 2000;
/** Local connections at once: the sessions of a part, and some that learn that there is no room. */
const CLIENTS_MAX = 32;

/** Throws `KS-D135` for TCP without secrets, and what {@link listenAt} throws. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  if (options.listen.kind === 'tcp' && options.secrets === undefined) {
    throw new KeystileError('KS-D135', 'a port of the loopback address needs secrets of its clients');
  }
  const agent = new RunningAgent(options);
  await agent.listen();
  return agent;
}

class RunningAgent implements Agent {
  readonly #options: AgentOptions;
  readonly #server: Server;
  readonly #relays = new Set<ClientRelay>();
  readonly #renewal: RenewalWatch | undefined;
  #place = '';
  #connections = 0;
  #isClosing = false;
  #timer: NodeJS.Timeout | undefined;
  #watching: Promise<void> = Promise.resolve();
  #bootCount: number | undefined;
  /** Of the part's trouble that the log knows of. */
  #trouble = '';

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#renewal = options.renewal && new RenewalWatch(options.part, options.renewal);
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const { part, policy, host, port, serverName, evidence, secrets, log } = options;
      const relay = new ClientRelay(socket, `client ${++this.#connections}`, {
        dial: { part, policy, host, port, serverName },
        evidence,
        secrets,
        log,
        demandReady: () => this.#demandReady(),
      });
      this.#relays.add(relay);
      void relay.finished.then(() => this.#relays.delete(relay));
    });
    this.#server.maxConnections = CLIENTS_MAX;
    this.#server.on('drop', () => {
      const error = new KeystileError('KS-D140', `${CLIENTS_MAX} local connections are open`);
      options.log({ level: 'warn', event: 'refused', sentence: error.message });
    });
  }

  get place(): string {
    return this.#place;
  }

  get clients(): number {
    return this.#relays.size;
  }

  async listen(): Promise<void> {
    this.#place = await listenAt(this.#server, this.#options.listen);
    this.#watchLater();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const reason = new KeystileError('KS-D140', 'the agent is ending');
    for (const relay of this.#relays) relay.end(reason);
    await Promise.all([...this.#relays].map(({ finished }) => finished));
    await Promise.all([closed, this.#watching]);
  }

  async #demandReady(): Promise<string | undefined> {
    if (this.#isClosing) throw new KeystileError('KS-D140', 'the agent is ending');
    const { part } = this.#options;
    await demandReady(part);
    return deviceIdOf(await deviceCertificate(part));
  }

  #watchLater(): void {
    if (this.#isClosing) return;
    this.#timer = setTimeout(() => {
      this.#watching = this.#watch().then(() => this.#watchLater());
    }, this.#options.watchMs ?? WATCH_MS);
  }

  /** Never rejects. */
  async #watch(): Promise<void> {
    try {
      const status = await demandReady(this.#options.part);
      this.#tell('');
      await this.#endForgotten(status);
      await this.#renew(status);
    } catch (error) {
      const reason = asKeystileError(error);
      this.#tell(reason.message);
      if (reason.code === 'KS-D131') for (const relay of this.#relays) relay.end(reason);
    }
  }

  /** A part that was reset has forgotten its sessions, and a quiet client would never learn it. */
  async #endForgotten({ bootCount }: PartStatus): Promise<void> {
    const wasReset = this.#bootCount !== undefined && bootCount !== this.#bootCount;
    this.#bootCount = bootCount;
    for (const relay of [...this.#relays]) {
      if (await relay.isAlive()) continue;
      relay.end(new KeystileError('KS-D141', wasReset ? 'the part was reset' : 'the part no longer has the session'));
    }
  }

  async #renew(status: PartStatus): Promise<void> {
    if ((await this.#renewal?.look(status)) !== true) return;
    const sentence = 'a renewed certificate is installed; the next connection proves it';
    this.#options.log({ level: 'info', event: 'renewed', sentence });
  }

  /** The same trouble is told once. */
  #tell(trouble: string): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    const isOver = trouble === '';
    const sentence = isOver ? 'the part is ready again' : trouble;
    this.#options.log({ level: isOver ? 'info' : 'warn', event: 'part', sentence });
  }
}
