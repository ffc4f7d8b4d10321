import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** False, or why a test that needs Debian's Paho client cannot run. */
export const pahoMissing: string | false =
  existsSync('/usr/bin/python3') && existsSync('/usr/lib/python3/dist-packages/paho/mqtt/client.py')
    ? false
    : 'needs Debian package python3-paho-mqtt';

export interface PahoStart {
  readonly version: 4 | 5;
  readonly port: number;
  readonly clientId: string;
  /** Paths of PEM files. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** Whether the session outlives the connection, and an earlier one goes on. */
  readonly kept: boolean;
  readonly will?: { readonly topic: string; readonly text: string };
}

export type PahoEvent =
  | { readonly event: 'connected'; readonly reason: number; readonly sessionPresent: boolean }
  | { readonly event: 'subscribed'; readonly codes: readonly number[] }
  | { readonly event: 'published' | 'disconnected' }
  | {
      readonly event: 'message';
      readonly topic: string;
      readonly text: string;
      readonly qos: number;
      readonly retain: boolean;
    };

type EventNamed<Name extends PahoEvent['event']> = Extract<PahoEvent, { readonly event: Name }>;

/** A Paho client in a process of its own, which ends with this one. */
export class PahoClient {
  readonly #child: ChildProcess;
  readonly #events: PahoEvent[] = [];
  #wake: () => void = () => undefined;
  #trouble = '';
  #isOver = false;

  constructor(start: PahoStart) {
    const program = fileURLToPath(new URL('paho_client.py', import.meta.url));
    this.#child = spawn('/usr/bin/python3', [program, JSON.stringify(start)], { stdio: ['pipe', 'pipe', 'pipe'] });
    const { stdout, stderr } = this.#child;
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#trouble += text;
    });
    if (stdout === null) throw new TypeError('no stdout');
    const lines = createInterface({ input: stdout });
    lines.on('line', (line) => {
      this.#events.push(JSON.parse(line));
      this.#wake();
    });
    lines.on('close', () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  subscribe(topic: string, qos: number): Promise<EventNamed<'subscribed'>> {
    this.#tell({ do: 'subscribe', topic, qos });
    return this.next('subscribed');
  }

  /** Resolves when the flow of the QoS is over. */
  publish(topic: string, text: string, { qos, retain = false }: { qos: number; retain?: boolean }): Promise<unknown> {
    this.#tell({ do: 'publish', topic, text, qos, retain });
    return this.next('published');
  }

  /** The next event of this name; others stay. */
  async next<Name extends PahoEvent['event']>(name: Name): Promise<EventNamed<Name>> {
    for (;;) {
      const at = this.#events.findIndex(({ event }) => event === name);
      const [found] = at < 0 ? [] : this.#events.splice(at, 1);
      if (found !== undefined) return found as EventNamed<Name>;
      if (this.#isOver) throw new Error(`the Paho client ended before '${name}': ${this.#trouble}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async disconnect(): Promise<void> {
    this.#tell({ do: 'disconnect' });
    await this.next('disconnected');
    await this.die();
  }

  /** Without a DISCONNECT. */
  async die(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #tell(task: object): void {
    this.#child.stdin?.write(`${JSON.stringify(task)}\n`);
  }
}
