import type { FastifyBaseLogger } from 'fastify';
import { type ControlSocket, serveControlSocket } from '../console/control-socket.ts';
import { signOperatorToken } from '../console/operator-token.ts';
import { type Console, type ConsoleDevice, type PageFiles, startConsole } from '../console/server.ts';
import { Registry } from '../factory/registry.ts';
import type { Clock } from '../state/clock.ts';
import { authorityFolder, CONSOLE_OPERATOR_ID, controlSocketPath, registryPath, SERVICE_ID } from '../state/layout.ts';
import { startTimeService, type TimeEvent } from '../time/time-service.ts';
import { signTimeToken } from '../time/time-token.ts';
import { readServiceState, type ServiceState } from './service-state.ts';

/** The authority as a network service: console, control socket and time. Ceremonies are not here. */
export interface ServiceOptions {
  readonly home: string;
  /** Port of the console; 0 takes a free one. */
  readonly port: number;
  /** `wss://host:port`, for the page. */
  readonly websocketUrl: string;
  /** `mqtts://host:port`, for the time service. */
  readonly brokerUrl: string;
  readonly page: PageFiles;
  readonly now: Clock;
  readonly log: FastifyBaseLogger;
  readonly onEvent: (event: TimeEvent) => void;
}

export interface Service {
  readonly console: Console;
  close(): Promise<void>;
}

export async function startService(options: ServiceOptions): Promise<Service> {
  const state = await readServiceState(options.home);
  const registry = (): Promise<Registry> => Registry.open(registryPath(authorityFolder(options.home)));
  // A damaged registry is told at the start, not when the first device asks.
  await registry();
  const page = await startPage(options, state, registry);
  let control: ControlSocket;
  try {
    control = await serveControlSocket({ path: controlSocketPath(options.home), link: () => page.link() });
  } catch (cause) {
    await page.close();
    throw cause;
  }
  const time = startTimeService({
    brokerUrl: options.brokerUrl,
    tls: { ...state.client, anchor: state.root },
    clientId: SERVICE_ID,
    registry,
    sign: (claims) => signTimeToken(state.timeKey, claims),
    now: options.now,
    onEvent: options.onEvent,
  });
  return {
    console: page,
    close: async () => {
      await Promise.all([time.close(), control.close(), page.close()]);
    },
  };
}

function startPage(options: ServiceOptions, state: ServiceState, registry: () => Promise<Registry>): Promise<Console> {
  const { fleet, tokenKey } = state;
  return startConsole({
    tls: state.console,
    port: options.port,
    fleet,
    operator: CONSOLE_OPERATOR_ID,
    websocketUrl: options.websocketUrl,
    page: options.page,
    devices: async () => devicesOf(await registry()),
    operatorToken: (operator) => signOperatorToken({ fleet, tokenKey, now: options.now }, operator),
    now: options.now,
    log: options.log,
  });
}

function devicesOf(registry: Registry): ConsoleDevice[] {
  return registry.parts.flatMap(({ serial, model, device }) =>
    device === undefined ? [] : [{ id: device.id, serial, model }],
  );
}
