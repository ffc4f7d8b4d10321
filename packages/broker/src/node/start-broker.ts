import { randomBytes } from 'node:crypto';
import { EVIDENCE_METHOD } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import type { AuthenticationOptions } from '../authentication/authentication.ts';
import { EvidenceMethod } from '../authentication/evidence-method.ts';
import { Broker } from '../broker.ts';
import { defaultLimits } from '../limits.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { configuredRules } from './configuration/configured-rules.ts';
import type { Configuration, ListenerConfiguration } from './configuration/schema.ts';
import { Driver } from './driver.ts';
import { PartEvidence } from './evidence/part-evidence.ts';
import { listenInsecure } from './listeners/insecure.ts';
import type { ListenerParts, Listening } from './listeners/listener.ts';
import { listenMqtts } from './listeners/mqtts.ts';
import { listenUnix } from './listeners/unix.ts';
import { listenWss } from './listeners/wss.ts';
import type { ProgramLog } from './log.ts';
import { Issuers } from './peer/issuers.ts';

export interface StartBroker {
  readonly configuration: Configuration;
  /** The folder that paths of the configuration are relative to. */
  readonly folder: string;
  /** Whoever starts it agrees to listeners without TLS; without this they are refused. */
  readonly insecureListeners: boolean;
  readonly log: ProgramLog;
  /** Milliseconds on one monotonic clock. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly utcNow: () => number;
}

export interface RunningBroker {
  readonly listeners: readonly Listening[];
  readonly broker: Broker;
  /** Sends the clients away (0x8B), waits for them a moment, and ends. */
  close(): Promise<void>;
}

/** Clients that were told to go are given this long. */
const DRAIN_MS = 1_500;
const DRAIN_LOOK_MS = 20;

export async function startBroker(options: StartBroker): Promise<RunningBroker> {
  const { configuration, folder, log, now, utcNow } = options;
  refuseUnagreed(options);
  const issuers = new Issuers(configuration.issuer, folder);
  const authentication = authenticationOf(options);
  const driver = new Driver((onOutput) => makeBroker({ configuration, authentication, log }, onOutput), { now, log });
  const parts: ListenerParts = { driver, log, issuers, folder, utcNow };
  const listeners: Listening[] = [];
  const close = async (): Promise<void> => {
    for (const listener of listeners) await listener.close();
    await drain(driver, now);
    driver.close();
  };
  try {
    for (const each of configuration.listener) listeners.push(await listen(each, parts));
  } catch (error) {
    await close();
    throw error;
  }
  return { listeners, broker: driver.broker, close };
}

function refuseUnagreed({ configuration, insecureListeners }: StartBroker): void {
  const insecure = configuration.listener.find(({ kind }) => kind === 'insecure');
  if (insecure === undefined || insecureListeners) return;
  throw new KeystileError('KS-B107', `listener '${insecure.name}' has no TLS; start with --insecure-listener to agree`);
}

/** Evidence is the one method that the program has; the core takes others. Throws `KS-B102` or `KS-B105`. */
function authenticationOf({ configuration, folder, utcNow }: StartBroker): AuthenticationOptions {
  const { evidence } = configuration;
  if (evidence === undefined) return { methods: [], demands: [] };
  return {
    methods: [new EvidenceMethod(new PartEvidence(evidence, folder, utcNow))],
    demands: evidence.demand.map((demand) => ({ ...demand, method: EVIDENCE_METHOD })),
  };
}

interface BrokerMaking {
  readonly configuration: Configuration;
  readonly authentication: AuthenticationOptions;
  readonly log: ProgramLog;
}

function makeBroker({ configuration, authentication, log }: BrokerMaking, onOutput: () => void): Broker {
  const { server_reference: serverReference } = configuration.drain;
  return new Broker({
    authentication,
    rules: configuredRules(configuration),
    clientsAtOnce: configuration.clients_at_once,
    queue: {
      queuedMessagesMax: most(configuration, 'queuedMessagesMax'),
      queuedBytesMax: most(configuration, 'queuedBytesMax'),
    },
    shareStrategy: configuration.shared_subscriptions.strategy,
    ...(serverReference !== undefined && { serverReference }),
    budget: {
      queuedBytesMax: configuration.budget.queued_bytes,
      retainedBytesMax: configuration.budget.retained_bytes,
    },
    store: new MemoryStore(),
    random: (length) => randomBytes(length),
    log: log.event,
    onOutput,
  });
}

/** A session may be used from any listener; the most generous one decides what it may queue. */
function most(configuration: Configuration, limit: 'queuedMessagesMax' | 'queuedBytesMax'): number {
  return Math.max(...configuration.listener.map(({ limits }) => limits[limit] ?? defaultLimits[limit]));
}

function listen(configuration: ListenerConfiguration, parts: ListenerParts): Promise<Listening> {
  switch (configuration.kind) {
    case 'mqtts':
      return listenMqtts(configuration, parts);
    case 'wss':
      return listenWss(configuration, parts);
    case 'unix':
      return listenUnix(configuration, parts);
    case 'insecure':
      return listenInsecure(configuration, parts);
  }
}

async function drain(driver: Driver, now: () => number): Promise<void> {
  driver.broker.drain(now());
  driver.flush();
  const until = now() + DRAIN_MS;
  while (driver.connectionCount > 0 && now() < until) {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
  }
}
