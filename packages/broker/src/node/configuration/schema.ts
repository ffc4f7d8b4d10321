import { z } from 'zod';
import { patternFlaw } from '../../access/rules.ts';
import { defaultClientsAtOnce } from '../../admission/client-id.ts';
import { parseIdentity, roles } from '../../admission/identity.ts';
import { defaultBudget, defaultLimits } from '../../limits.ts';
import { shareStrategies } from '../../topics/share-strategy.ts';

/**
 * The configuration file: TOML, keys in snake case, unknown keys are errors. Paths are relative to the file. Every limit
 * has a default; nothing that opens a door does.
 */
const port = z.int().min(0).max(65_535).describe('0 takes a free port, which the ready line reports');
const path = z.string().min(1);
const name = z.string().regex(/^[a-z0-9-]{1,32}$/, 'is not 1 to 32 lower-case letters, digits and hyphens');

const identity = z.string().transform((urn, context) => {
  const parsed = parseIdentity(urn);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'is not urn:keystile:<fleet>:<role>:<id>' });
  return z.NEVER;
});

function count(max: number, fallback: number): z.ZodDefault<z.ZodInt> {
  return z.int().min(1).max(max).default(fallback);
}

const DAY_SECONDS = 86_400;

/** Bounds are those of the protocol, or what one process can honour. */
const limits = z
  .strictObject({
    packet_size: z
      .int()
      .min(1024)
      .max(256 * 1024 * 1024)
      .default(defaultLimits.packetSizeMax),
    receive_maximum: count(65_535, defaultLimits.receiveMaximum),
    topic_aliases: z.int().min(0).max(65_535).default(defaultLimits.topicAliasMaximum),
    in_flight: count(65_535, defaultLimits.inFlightMax),
    topic_levels: count(128, defaultLimits.topicLevelsMax),
    session_expiry_seconds: z
      .int()
      .min(0)
      .max(3650 * DAY_SECONDS)
      .default(defaultLimits.sessionExpiryMaxSeconds),
    keep_alive_seconds: count(65_535, defaultLimits.keepAliveMaxSeconds),
    queued_messages: count(10_000_000, defaultLimits.queuedMessagesMax),
    queued_bytes: count(2 ** 40, defaultLimits.queuedBytesMax),
    subscriptions: count(100_000, defaultLimits.subscriptionsMax),
    sessions_per_identity: count(1_000_000, defaultLimits.sessionsPerIdentityMax),
    retained_messages: count(10_000_000, defaultLimits.retainedMessagesMax),
    retained_per_identity: count(10_000_000, defaultLimits.retainedPerIdentityMax),
    publishes_per_second: z.int().min(1).max(1_000_000).optional(),
    publish_bytes_per_second: z
      .int()
      .min(1)
      .max(2 ** 40)
      .optional(),
    publish_excess: z.enum(['slow', 'refuse']).default(defaultLimits.publishExcess),
    connect_timeout_ms: count(60_000, defaultLimits.connectTimeoutMs),
  })
  .prefault({})
  .transform((given) => ({
    packetSizeMax: given.packet_size,
    receiveMaximum: given.receive_maximum,
    topicAliasMaximum: given.topic_aliases,
    inFlightMax: given.in_flight,
    topicLevelsMax: given.topic_levels,
    sessionExpiryMaxSeconds: given.session_expiry_seconds,
    keepAliveMaxSeconds: given.keep_alive_seconds,
    queuedMessagesMax: given.queued_messages,
    queuedBytesMax: given.queued_bytes,
    subscriptionsMax: given.subscriptions,
    sessionsPerIdentityMax: given.sessions_per_identity,
    retainedMessagesMax: given.retained_messages,
    retainedPerIdentityMax: given.retained_per_identity,
    publishesPerSecondMax: given.publishes_per_second ?? defaultLimits.publishesPerSecondMax,
    publishBytesPerSecondMax: given.publish_bytes_per_second ?? defaultLimits.publishBytesPerSecondMax,
    publishExcess: given.publish_excess,
    connectTimeoutMs: given.connect_timeout_ms,
  }));

const shared = { name, limits };
/**
 * Half-open connections of one address; `connections` is for the whole listener. Handshakes begin at a pace of
 * `accepts_per_second`, and one at a time while the event loop is later than `loop_lag_ms`.
 */
const network = {
  address: z.string().min(1).default('127.0.0.1'),
  port,
  half_open: count(100_000, 64),
  connections: count(1_000_000, 100_000),
  handshake_timeout_ms: count(120_000, 10_000),
  accepts_per_second: count(100_000, 1000),
  loop_lag_ms: count(60_000, 200),
};
const tls = { certificate: path, key: path };
const clientIds = z.enum(['own', 'any']).default('own');

const mqtts = z.strictObject({
  kind: z.literal('mqtts'),
  ...shared,
  ...network,
  ...tls,
  client_anchors: path,
  client_ids: clientIds,
});
/**
 * A listener for pages or for certificates. With both, each is asked for; Chromium then refuses to open WebSockets,
 * since it cannot ask its user for a certificate there.
 */
const wss = z
  .strictObject({
    kind: z.literal('wss'),
    ...shared,
    ...network,
    ...tls,
    path: z.string().startsWith('/').default('/'),
    /** Origins of the pages that may connect, such as `https://localhost:8443`. */
    origins: z.array(z.url()).default([]),
    /** Public key that signs operator tokens; without it only certificates are admitted. */
    token_key: path.optional(),
    /** Without them no certificate is asked for, and only tokens are admitted. */
    client_anchors: path.optional(),
    client_ids: clientIds,
  })
  .refine(({ token_key, client_anchors }) => token_key !== undefined || client_anchors !== undefined, {
    message: 'has neither token_key nor client_anchors, so nobody could connect',
  });
const unix = z.strictObject({ kind: z.literal('unix'), ...shared, path, identity, client_ids: clientIds });
const insecure = z.strictObject({
  kind: z.literal('insecure'),
  ...shared,
  ...network,
  identity,
  client_ids: clientIds,
});

const listener = z.discriminatedUnion('kind', [mqtts, wss, unix, insecure]);

const issuer = z.strictObject({
  name,
  certificate: path,
  fleet: z.string().min(1),
  roles: z.array(z.enum(roles)).min(1),
});

const rule = z
  .strictObject({
    roles: z.array(z.enum(roles)).min(1),
    action: z.enum(['publish', 'subscribe']),
    effect: z.enum(['allow', 'deny']),
    silent: z.boolean().default(false),
    topics: z
      .array(
        z.string().superRefine((topic, context) => {
          const flaw = patternFlaw(topic);
          if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw });
        }),
      )
      .min(1),
  })
  .refine(({ silent, action, effect }) => !silent || (action === 'subscribe' && effect === 'deny'), {
    message: 'is silent, which is for deny rules on subscribe',
    path: ['silent'],
  });

/** Evidence of secure ICs (`docs/reference/evidence.md`): who vouches for it, and who has to show it. */
const evidence = z.strictObject({
  /** Certificates of the makers whose parts are trusted. */
  maker_anchors: path,
  /** JSON: which part is which device. */
  registry: path,
  /** Classes of clients that are admitted only with evidence. */
  demand: z
    .array(
      z.strictObject({
        roles: z.array(z.enum(roles)).min(1),
        fleet: z.string().min(1).optional(),
        listeners: z.array(name).min(1).optional(),
      }),
    )
    .default([]),
});

const atOnce = (fallback: number): z.ZodDefault<z.ZodInt> => count(1_000_000, fallback);

export const configurationSchema = z
  .strictObject({
    listener: z.array(listener).min(1, 'names no listener'),
    issuer: z.array(issuer).default([]),
    /** Absent: the rules of the product. Present: these alone. */
    rule: z.array(rule).optional(),
    clients_at_once: z
      .strictObject({
        device: atOnce(defaultClientsAtOnce.device),
        application: atOnce(defaultClientsAtOnce.application),
        operator: atOnce(defaultClientsAtOnce.operator),
        service: atOnce(defaultClientsAtOnce.service),
      })
      .prefault({}),
    evidence: evidence.optional(),
    shared_subscriptions: z.strictObject({ strategy: z.enum(shareStrategies).default('round-robin') }).prefault({}),
    /** What clients are told when the broker ends: where else to go (§4.11), such as `broker-2.example:8883`. */
    drain: z.strictObject({ server_reference: z.string().min(1).max(1024).optional() }).prefault({}),
    /** Of the whole process. */
    budget: z
      .strictObject({
        queued_bytes: count(2 ** 40, defaultBudget.queuedBytesMax),
        retained_bytes: count(2 ** 40, defaultBudget.retainedBytesMax),
      })
      .prefault({}),
  })
  .superRefine((configuration, context) => {
    const names = new Set(configuration.listener.map((each) => each.name));
    // A class that nobody is in, because of a slip of the pen, would be let in without evidence.
    for (const [index, { listeners = [] }] of configuration.evidence?.demand.entries() ?? []) {
      const unknown = listeners.find((each) => !names.has(each));
      if (unknown === undefined) continue;
      const message = `names listener '${unknown}', which is not there`;
      context.addIssue({ code: 'custom', message, path: ['evidence', 'demand', index, 'listeners'] });
    }
  });

export type Configuration = z.infer<typeof configurationSchema>;
export type ListenerConfiguration = Configuration['listener'][number];
export type MqttsConfiguration = z.infer<typeof mqtts>;
export type WssConfiguration = z.infer<typeof wss>;
export type UnixConfiguration = z.infer<typeof unix>;
export type InsecureConfiguration = z.infer<typeof insecure>;
export type NetworkConfiguration = MqttsConfiguration | WssConfiguration | InsecureConfiguration;
export type EvidenceConfiguration = z.infer<typeof evidence>;
export type IssuerConfiguration = z.infer<typeof issuer>;
