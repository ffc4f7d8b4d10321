/**
 * `keystile up`: the whole product in one terminal. Makes what is missing, starts everything, says what it made and
 * where, and stays until Ctrl-C; `--once` runs the scenario to the first reported set-point change and ends.
 */
import { KeystileError } from '@keystile/errors';
import { parseBusSpeed } from '@keystile/link/node';
import { removeInstance } from '../home/instance.ts';
import { lockHome } from '../home/lock.ts';
import { broken, connectClient } from '../mqtt/connect.ts';
import { brokerAccess } from '../mqtt/credentials.ts';
import { parseNumber } from '../mqtt/flags.ts';
import { Interrupted, type Interruption, listenForInterruption } from '../processes/interruption.ts';
import { Supervisor } from '../processes/supervisor.ts';
import { changeSetPoint, type SetPointChange } from '../product/set-point-scenario.ts';
import type { RunningProduct, StartPorts } from '../product/start.ts';
import { programNews, welcome } from '../product/welcome.ts';
import { exitCodes } from '../terminal/exit-codes.ts';
import type { AddVerb, VerbContext } from './context.ts';

interface UpFlags {
  readonly once?: boolean;
  readonly bus: string;
  readonly brokerPort?: number;
  readonly websocketPort?: number;
  readonly consolePort?: number;
  readonly timeScale: number;
}

const port = parseNumber(0, 65_535);

export const addUp: AddVerb = (program, context) => {
  program
    .command('up')
    .description('run everything: authority, secure IC, broker, air conditioner and the page')
    .option('--once', 'run to the first set-point change that the device has reported, then end')
    .option('--bus <bus>', 'bus of the secure IC and its clock, such as i2c:400kHz', checkedBus, 'spi:10MHz')
    .option('--broker-port <port>', 'MQTT over TLS; 0 takes a free port (default: 8883; 0 with --once)', port)
    .option('--websocket-port <port>', 'MQTT over WebSocket, for the page (default: 8884; 0 with --once)', port)
    .option('--console-port <port>', 'the page (default: 8443; 0 with --once)', port)
    .option('--time-scale <factor>', 'seconds in the room for each real second', parseNumber(1, 180), 30)
    .action((flags: UpFlags) => up(flags, context()));
};

/** Refused here and not when the first program meets it. */
function checkedBus(text: string): string {
  parseBusSpeed(text);
  return text;
}

async function up(flags: UpFlags, context: VerbContext): Promise<void> {
  const paths = context.paths();
  // Whoever runs the scenario asks one question; its answer is 0 or 1, and the document says the rest.
  if (flags.once === true) context.failWith(exitCodes.failed);
  // Loaded here, so that the other verbs start without the ceremonies' libraries.
  const { openHomeFolder, startProduct } = await import('../product/start.ts');
  const interruption = listenForInterruption();
  const supervisor = new Supervisor();
  await openHomeFolder(paths);
  const lock = await lockHome(paths.lock);
  try {
    const product = await startProduct({
      paths,
      supervisor,
      interruption,
      bus: flags.bus,
      ports: portsOf(flags),
      timeScale: flags.timeScale,
      say: (line) => context.output.say(context.output.style.dim(line)),
      onLine: programNews(context.output),
    });
    const running: Running = { product, context, supervisor, interruption };
    await (flags.once === true ? once(running) : stay(running, flags.timeScale));
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    if (flags.once === true) throw new KeystileError('KS-U121', 'it was interrupted');
  } finally {
    await supervisor.stop();
    await removeInstance(paths);
    await lock.release();
    interruption.forget();
  }
}

interface Running {
  readonly product: RunningProduct;
  readonly context: VerbContext;
  readonly supervisor: Supervisor;
  readonly interruption: Interruption;
}

async function stay({ product, context, supervisor, interruption }: Running, timeScale: number): Promise<void> {
  const { output, json, paths } = context;
  const { home } = paths();
  if (json) output.json(runningDocument(product, home));
  else for (const line of welcome(product, { home, timeScale })) output.data(line);
  await Promise.race([supervisor.failure, interruption.requested]);
  output.say('Stopping …');
}

async function once({ product, context, supervisor, interruption }: Running): Promise<void> {
  const access = await brokerAccess(context.paths(), { port: product.ports.broker });
  const client = await connectClient({ access, options: {} });
  const interrupted = interruption.requested.then(() => Promise.reject(new Interrupted()));
  const change = changeSetPoint(client, product.record.device.id);
  const setPoint = await Promise.race([change, broken(client), supervisor.failure, interrupted]).finally(() => {
    change.catch(() => undefined);
    return client.endAsync(true).catch(() => undefined);
  });
  const document = onceDocument(product, setPoint);
  context.output.data(context.json ? JSON.stringify(document) : JSON.stringify(document, undefined, 2));
}

/** The documented document of `up --once --json`. */
function onceDocument({ handshake, identity, console: page }: RunningProduct, setPoint: SetPointChange): object {
  const { protocol, cipherSuite, group, ms, busFrames, busBytes } = handshake;
  return {
    ok: true,
    handshake: { protocol, cipherSuite, group, ms, busFrames, busBytes },
    identity,
    setPoint,
    console: page,
  };
}

/** What `up --json` prints once everything runs. */
function runningDocument(product: RunningProduct, home: string): object {
  const { record, identity, isNew, rootFingerprint, ports, console: page, link, handshake } = product;
  return {
    ok: true,
    home,
    isNew,
    device: record.device,
    identity,
    rootFingerprint,
    ports,
    console: page,
    link,
    handshake,
  };
}

function portsOf({ once: isOnce, brokerPort, websocketPort, consolePort }: UpFlags): StartPorts {
  const [broker, websocket, page] = isOnce === true ? [0, 0, 0] : [8883, 8884, 8443];
  return { broker: brokerPort ?? broker, websocket: websocketPort ?? websocket, console: consolePort ?? page };
}
