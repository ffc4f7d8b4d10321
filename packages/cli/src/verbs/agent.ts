/** `keystile agent`: carries MQTT clients of this machine that know nothing of the secure IC through it. */
import { resolve } from 'node:path';
import { loadHostPairing, openPart } from '@keystile/device';
import {
  type AgentEvent,
  type EvidenceUse,
  type ListenPlace,
  loadClientSecrets,
  parseListenPlace,
  startAgent,
} from '@keystile/device/agent';
import { KeystileError } from '@keystile/errors';
import { InvalidArgumentError, Option } from 'commander';
import { requireInstance } from '../home/instance.ts';
import type { HomePaths } from '../home/paths.ts';
import { listenForInterruption } from '../processes/interruption.ts';
import { BROKER_NAME } from '../product/part.ts';
import type { Output } from '../terminal/output.ts';
import type { AddVerb, VerbContext } from './context.ts';

interface AgentFlags {
  readonly part?: string;
  readonly bus?: string;
  readonly pairing?: string;
  readonly broker?: BrokerAddress;
  readonly serverName?: string;
  readonly policy: string;
  readonly listen?: string;
  readonly secrets?: string;
  readonly evidence: EvidenceUse;
}

interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** Where the part and the broker are. */
interface Ends extends BrokerAddress {
  readonly path: string;
  readonly bus: string;
  readonly pairing: string;
  readonly serverName: string;
}

export const addAgent: AddVerb = (program, context) => {
  program
    .command('agent')
    .description("carry this machine's MQTT clients through the secure IC, until Ctrl-C")
    .option('--part <path>', "bus of the part: a socket, /dev/spidevB.C or /dev/i2c-N (default: the home's)")
    .option('--bus <speed>', 'for example spi:10MHz')
    .option('--pairing <file>', 'what pairs this host with the part')
    .option('--broker <host:port>', "the broker (default: the home's)", brokerAddress)
    .option('--server-name <name>', 'in the certificate of the broker (default: its host)')
    .option('--policy <name>', 'policy in the part', 'fleet')
    .option('--listen <place>', 'unix:PATH or tcp:PORT on the loopback address (default: run/agent.sock in the home)')
    .option('--secrets <file>', 'user names and passwords of local clients; a port needs it')
    .addOption(
      new Option('--evidence <use>', 'demanded refuses MQTT 3.1.1; none is for brokers that know no evidence')
        .choices(['demanded', 'offered', 'none'])
        .default('offered'),
    )
    .action((flags: AgentFlags) => runAgent(flags, context()));
};

async function runAgent(flags: AgentFlags, { output, json, paths }: VerbContext): Promise<void> {
  const interruption = listenForInterruption();
  try {
    const { path, bus, pairing, ...broker } = await endsOf(flags, paths);
    const listen = placeOf(flags, paths);
    const secrets = flags.secrets === undefined ? undefined : await loadClientSecrets(flags.secrets);
    const part = await openPart({ path, bus, pairing: await loadHostPairing(pairing) });
    try {
      const { policy, evidence } = flags;
      const log = (event: AgentEvent): void => report(event, output);
      const options = { part, policy, ...broker, listen, evidence, log };
      const agent = await startAgent({ ...options, ...(secrets && { secrets }) });
      const { host, port } = broker;
      if (json) output.json({ ok: true, listen: agent.place, broker: `${host}:${port}` });
      else output.data(`agent on ${agent.place}, to ${host}:${port} through the part on ${path}`);
      await interruption.requested;
      await agent.close();
    } finally {
      part.close();
    }
  } finally {
    interruption.forget();
  }
}

/** All of the command line, or all of the running system. Throws `KS-U150` for something between. */
async function endsOf(flags: AgentFlags, paths: () => HomePaths): Promise<Ends> {
  const { part, bus, pairing, broker, serverName } = flags;
  if (part !== undefined && bus !== undefined && pairing !== undefined && broker !== undefined) {
    return { path: part, bus, pairing, ...broker, serverName: serverName ?? broker.host };
  }
  const given = Object.entries({ part, bus, pairing, broker }).filter(([, value]) => value !== undefined);
  if (given.length > 0) {
    throw new KeystileError('KS-U150', `only ${given.map(([name]) => `--${name}`).join(', ')} of the four is given`);
  }
  const home = paths();
  const instance = await requireInstance(home);
  return {
    path: home.busSocket,
    bus: instance.bus,
    pairing: home.hostPairing,
    host: BROKER_NAME,
    port: instance.ports.broker,
    serverName: serverName ?? BROKER_NAME,
  };
}

function placeOf({ listen }: AgentFlags, paths: () => HomePaths): ListenPlace {
  const place =
    listen === undefined ? ({ kind: 'unix', path: paths().agentSocket } as const) : parseListenPlace(listen);
  return place.kind === 'unix' ? { kind: 'unix', path: resolve(place.path) } : place;
}

function brokerAddress(text: string): BrokerAddress {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new InvalidArgumentError('It is host:port.');
  }
  return { host, port: Number(port) };
}

function report({ level, client, sentence }: AgentEvent, output: Output): void {
  // A client chooses its id: no line end or escape sequence of it may reach the terminal.
  const line = (client === undefined ? sentence : `${client}: ${sentence}`).replaceAll(/\p{Cc}/gu, '?');
  output.say(level === 'warn' ? output.style.yellow(line) : line);
}
