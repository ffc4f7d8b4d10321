/** `keystile status`: what runs, where it listens, how the part and the device are, and how long certificates last. */
import { requireHome } from '../home/inspect.ts';
import { type Instance, runningInstance } from '../home/instance.ts';
import type { HomePaths } from '../home/paths.ts';
import { connectClient } from '../mqtt/connect.ts';
import { brokerAccess } from '../mqtt/credentials.ts';
import { type CertificateNews, certificateNews } from '../product/certificates.ts';
import { type PartReport, reportPart } from '../product/part-report.ts';
import { errorDocument } from '../terminal/output.ts';
import type { AddVerb, VerbContext } from './context.ts';

export const addStatus: AddVerb = (program, context) => {
  program
    .command('status')
    .description('what runs, where, in which state, and how long its certificates last')
    .action(() => status(context()));
};

interface DeviceNews {
  readonly availability: string;
  /** The last state document of the device; undefined when the broker has none. */
  readonly state: unknown;
}

async function status({ output, json, paths: pathsOf }: VerbContext): Promise<void> {
  const paths = pathsOf();
  const record = await requireHome(paths);
  const instance = await runningInstance(paths);
  const part = instance === undefined ? undefined : await attempt(() => reportPart(paths, instance.bus));
  const device =
    instance === undefined ? undefined : await attempt(() => deviceNews(paths, { instance, id: record.device.id }));
  const certificates = [
    ...(await certificateNews(paths, Date.now())),
    ...(part?.value?.certificate ? [part.value.certificate] : []),
  ];
  if (json) {
    output.json({
      running: instance !== undefined,
      home: paths.home,
      device: record.device,
      fleet: record.fleet,
      instance: instance ?? null,
      part: part?.value ?? part?.error ?? null,
      news: device?.value ?? device?.error ?? null,
      custody: part?.value?.custody ?? null,
      certificates,
    });
    return;
  }
  output.data(`home         ${paths.home}`);
  output.data(`device       ${record.device.id}, secure IC ${record.device.serial}, fleet ${record.fleet}`);
  for (const line of describeInstance(instance)) output.data(line);
  if (part !== undefined) for (const line of describePart(part)) output.data(line);
  if (device !== undefined) output.data(`device says  ${describeDevice(device)}`);
  for (const line of describeCertificates(certificates)) output.data(line);
}

/** A status says what is wrong instead of failing with it. */
interface Attempt<T> {
  readonly value?: T;
  readonly error?: ReturnType<typeof errorDocument>;
}

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: errorDocument(error) };
  }
}

/** Retained messages come at once after the subscription; a device that never was there has none. */
const RETAINED_MS = 1500;

async function deviceNews(paths: HomePaths, of: { instance: Instance; id: string }): Promise<DeviceNews> {
  const access = await brokerAccess(paths, { port: of.instance.ports.broker });
  const client = await connectClient({ access, options: {} });
  try {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, RETAINED_MS);
    let availability = 'unknown';
    let state: unknown;
    client.on('message', (topic, payload) => {
      if (topic.endsWith('/availability')) availability = payload.toString();
      else state = JSON.parse(payload.toString());
      if (availability !== 'unknown' && state !== undefined) resolve();
    });
    await client.subscribeAsync([`ac/${of.id}/availability`, `ac/${of.id}/state`], { qos: 1 });
    await promise;
    clearTimeout(timer);
    return { availability, state };
  } finally {
    await client.endAsync(true).catch(() => undefined);
  }
}

function describeInstance(instance: Instance | undefined): string[] {
  if (instance === undefined) return ['running      no'];
  const { pid, startedAt, ports, console: page } = instance;
  return [
    `running      yes, process ${pid}, since ${startedAt}`,
    `listens      mqtts://localhost:${ports.broker}, wss://localhost:${ports.websocket}, ${page}`,
  ];
}

function describePart({ value, error }: Attempt<PartReport>): string[] {
  if (value === undefined) return [`part         ${error?.code}: ${error?.cause}`];
  const tampered = value.tampered ? ', TAMPERED' : '';
  return [
    `part         ${value.lifeCycle}${tampered}, boot ${value.bootState}, ${value.sessionsOpen} TLS sessions open`,
    `custody      ${value.custody}`,
  ];
}

function describeDevice({ value, error }: Attempt<DeviceNews>): string {
  if (value === undefined) return `${error?.code}: ${error?.cause}`;
  return `${value.availability}${value.state === undefined ? '' : `, ${JSON.stringify(value.state)}`}`;
}

function describeCertificates(certificates: readonly CertificateNews[]): string[] {
  return certificates.map(({ name, expiresAt, daysLeft }, index) => {
    const label = index === 0 ? 'certificates' : '';
    return `${label.padEnd(13)}${name.padEnd(10)} until ${expiresAt.slice(0, 10)} (${daysLeft} days)`;
  });
}
