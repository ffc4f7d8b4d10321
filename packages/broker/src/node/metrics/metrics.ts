import type { Broker } from '../../broker.ts';
import type { CountingLog } from '../event-counts.ts';
import type { ListStanding } from '../revocation/revocation-lists.ts';

/** Where the numbers come from; each scrape reads them anew. */
export interface MetricSources {
  readonly broker: Broker;
  readonly events: CountingLog;
  readonly lists: () => readonly ListStanding[];
  readonly listeners: () => readonly ListenerFacts[];
  /** Seconds by which the event loop was late since the last scrape: `0.5`, `0.99` and `1`. */
  readonly loopDelays: () => Readonly<Record<string, number>>;
  readonly process: () => ProcessFacts;
}

export interface ListenerFacts {
  readonly name: string;
  readonly certificateEndMs: number | undefined;
  readonly stapleEndMs: number | undefined;
}

export interface ProcessFacts {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly startedAtSeconds: number;
}

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly read: (sources: MetricSources) => readonly Sample[];
}

function metric(type: Metric['type'], name: string, described: Pick<Metric, 'help' | 'read'>): Metric {
  return { name: name.startsWith('process_') ? name : `keystile_broker_${name}`, type, ...described };
}

function one(value: number): readonly Sample[] {
  return [{ value }];
}

function labelled(label: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
}

/** Of what is known only. */
function ends(facts: readonly { readonly name: string; readonly endMs: number | undefined }[]): readonly Sample[] {
  return facts.flatMap(({ name, endMs }) =>
    endMs === undefined || endMs === Number.POSITIVE_INFINITY
      ? []
      : [{ labels: { listener: name }, value: endMs / 1000 }],
  );
}

/** Every metric of the broker. Labels hold codes, kinds and configured names: never an identity, and never without a bound. */
export const metrics: readonly Metric[] = [
  metric('gauge', 'connections', {
    help: 'Connections past TLS, admitted or not.',
    read: ({ broker }) => one(broker.census().connections),
  }),
  metric('counter', 'connections_opened_total', {
    help: 'Connections past TLS since the start.',
    read: ({ broker }) => one(broker.counters.connectionsOpened),
  }),
  metric('counter', 'clients_admitted_total', {
    help: 'CONNECTs that were accepted.',
    read: ({ broker }) => one(broker.counters.clientsAdmitted),
  }),
  metric('counter', 'events_total', {
    help: 'Lines for the log by event and error code, those that were folded too: refusals, endings, alarms.',
    read: ({ events }) => events.counts.map(({ event, code, count }) => ({ labels: { event, code }, value: count })),
  }),
  metric('counter', 'faults_total', {
    help: 'Internal faults (KS-B117) and reloads that failed.',
    read: ({ events }) => one(events.faults),
  }),
  metric('counter', 'packets_received_total', {
    help: 'Control packets from clients by kind.',
    read: ({ broker }) => labelled('kind', broker.counters.packetsReceived),
  }),
  metric('counter', 'packets_sent_total', {
    help: 'Control packets to clients by kind.',
    read: ({ broker }) => labelled('kind', broker.counters.packetsSent),
  }),
  metric('counter', 'received_bytes_total', {
    help: 'MQTT bytes from clients.',
    read: ({ broker }) => one(broker.counters.bytesReceived),
  }),
  metric('counter', 'sent_bytes_total', {
    help: 'MQTT bytes to clients.',
    read: ({ broker }) => one(broker.counters.bytesSent),
  }),
  metric('counter', 'messages_published_total', {
    help: 'Messages accepted from clients, wills included.',
    read: ({ broker }) => one(broker.counters.messagesPublished),
  }),
  metric('counter', 'messages_routed_total', {
    help: 'Sessions that messages were given to: one message may count many times.',
    read: ({ broker }) => one(broker.counters.messagesRouted),
  }),
  metric('counter', 'messages_dropped_total', {
    help: 'Messages that a full queue lost (KS-B115).',
    read: ({ broker }) => one(broker.counters.messagesDropped),
  }),
  metric('gauge', 'sessions', {
    help: 'Sessions, connected or kept.',
    read: ({ broker }) => one(broker.census().sessions),
  }),
  metric('gauge', 'retained_messages', {
    help: 'Retained messages.',
    read: ({ broker }) => one(broker.census().retainedMessages),
  }),
  metric('gauge', 'retained_bytes', {
    help: 'Bytes of retained messages.',
    read: ({ broker }) => one(broker.census().retainedBytes),
  }),
  metric('gauge', 'queued_bytes', {
    help: 'Bytes that wait in the queues of all sessions.',
    read: ({ broker }) => one(broker.census().queuedBytes),
  }),
  metric('gauge', 'denied', {
    help: 'Entries of the deny list by kind: identity, quarantine, serial.',
    read: ({ broker }) => {
      const counts = { identity: 0, quarantine: 0, serial: 0 };
      for (const { kind } of broker.denied) counts[kind] += 1;
      return labelled('kind', counts);
    },
  }),
  metric('gauge', 'revocation_list_entries', {
    help: 'Certificates that the list of an issuer revokes.',
    read: ({ lists }) => lists().map(({ issuer, entries }) => ({ labels: { issuer }, value: entries })),
  }),
  metric('gauge', 'revocation_list_end_timestamp_seconds', {
    help: 'When the next list of an issuer is due.',
    read: ({ lists }) =>
      lists().map(({ issuer, nextUpdateMs }) => ({ labels: { issuer }, value: nextUpdateMs / 1000 })),
  }),
  metric('gauge', 'revocation_list_usable', {
    help: '0 while nobody new of the issuer is admitted, because its list is stale.',
    read: ({ lists }) => lists().map(({ issuer, isUsable }) => ({ labels: { issuer }, value: isUsable ? 1 : 0 })),
  }),
  metric('gauge', 'certificate_end_timestamp_seconds', {
    help: 'When the certificate of a listener expires.',
    read: ({ listeners }) => ends(listeners().map(({ name, certificateEndMs: endMs }) => ({ name, endMs }))),
  }),
  metric('gauge', 'ocsp_end_timestamp_seconds', {
    help: 'When the OCSP answer that a listener staples is too old.',
    read: ({ listeners }) => ends(listeners().map(({ name, stapleEndMs: endMs }) => ({ name, endMs }))),
  }),
  metric('gauge', 'event_loop_delay_seconds', {
    help: 'By how much the event loop was late since the last scrape, by quantile.',
    read: ({ loopDelays }) => labelled('quantile', loopDelays()),
  }),
  metric('counter', 'process_cpu_seconds_total', {
    help: 'CPU time of the process.',
    read: (sources) => one(sources.process().cpuSeconds),
  }),
  metric('gauge', 'process_resident_memory_bytes', {
    help: 'Memory of the process.',
    read: (sources) => one(sources.process().residentBytes),
  }),
  metric('gauge', 'process_start_time_seconds', {
    help: 'When the process began.',
    read: (sources) => one(sources.process().startedAtSeconds),
  }),
];

/** The text format of Prometheus, version 0.0.4. */
export function exposition(sources: MetricSources): string {
  return metrics
    .map(({ name, type, help, read }) => {
      const samples = read(sources).map(({ labels, value }) => `${name}${labelText(labels)} ${value}\n`);
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.join('')}`;
    })
    .join('');
}

function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  if (labels === undefined) return '';
  // JSON escapes backslash, quote and line feed as the format wants them; no label holds any other control character.
  return `{${Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`)}}`;
}
