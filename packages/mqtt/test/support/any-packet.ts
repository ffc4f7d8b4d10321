import {
  type ConnectPacket,
  NO_PROPERTIES,
  type Packet,
  type PacketId,
  type PacketKind,
  type Properties,
  type ProtocolVersion,
  type PublishPacket,
  Reason,
  type ReasonCode,
  type SubscriptionRequest,
  sharedFilter,
  type TopicFilter,
  type TopicName,
} from '../../src/index.ts';
import type { PropertyCarrier } from '../../src/properties.ts';
import { isReasonOf } from '../../src/reason-code.ts';
import { propertyTable } from './property-table.ts';
import type { Random } from './random.ts';
import { packetId, type Receiver, topicFilter, topicName } from './vectors.ts';

/** What a generated packet is for. */
export interface Way {
  readonly version: ProtocolVersion;
  readonly to: Receiver;
}

type Maker = (random: Random, way: Way) => Packet;

/** Any valid packet that may travel this way. */
export function anyPacket(random: Random, way: Way): Packet {
  return packetOfKind(random.pick(kindsOf(way)), random, way);
}

export function packetOfKind(kind: PacketKind, random: Random, way: Way): Packet {
  return makers[kind](random, way);
}

export function kindsOf({ version, to }: Way): readonly PacketKind[] {
  const both = ['publish', 'puback', 'pubrec', 'pubrel', 'pubcomp'] as const;
  const ofFive = version === 5 ? (['auth', 'disconnect'] as const) : [];
  if (to === 'client') return [...both, ...ofFive, 'connack', 'suback', 'unsuback', 'pingresp'];
  const ofFour = version === 5 ? [] : (['disconnect'] as const);
  return [...both, ...ofFive, ...ofFour, 'connect', 'subscribe', 'unsubscribe', 'pingreq'];
}

const makers: Readonly<Record<PacketKind, Maker>> = {
  connect,
  connack: (random, way) => {
    const code = way.version === 5 ? reasonOf('connack', random) : random.below(6);
    const sessionPresent = code === 0 && way.version > 3 && random.oneIn(2);
    return { kind: 'connack', sessionPresent, code, properties: properties('connack', random, way) };
  },
  publish,
  puback: (random, way) => acknowledgement('puback', random, way),
  pubrec: (random, way) => acknowledgement('pubrec', random, way),
  pubrel: (random, way) => acknowledgement('pubrel', random, way),
  pubcomp: (random, way) => acknowledgement('pubcomp', random, way),
  subscribe: (random, way) => ({
    kind: 'subscribe',
    packetId: anyId(random),
    subscriptions: random.list(1, 4, () => request(random, way)),
    properties: properties('subscribe', random, way),
  }),
  suback: (random, way) => ({
    kind: 'suback',
    packetId: anyId(random),
    codes: random.list(1, 6, () => (way.version === 5 ? reasonOf('suback', random) : random.pick([0, 1, 2, 0x80]))),
    properties: properties('suback', random, way),
  }),
  unsubscribe: (random, way) => ({
    kind: 'unsubscribe',
    packetId: anyId(random),
    filters: random.list(1, 4, () => anyFilter(random)),
    properties: properties('unsubscribe', random, way),
  }),
  unsuback: (random, way) => ({
    kind: 'unsuback',
    packetId: anyId(random),
    codes: way.version === 5 ? random.list(1, 6, () => reasonOf('unsuback', random)) : [],
    properties: properties('unsuback', random, way),
  }),
  pingreq: () => ({ kind: 'pingreq' }),
  pingresp: () => ({ kind: 'pingresp' }),
  disconnect: (random, way) => ({
    kind: 'disconnect',
    reason: way.version === 5 && way.to === 'client' ? Reason.serverMoved : Reason.success,
    properties: properties('disconnect', random, way),
  }),
  auth: (random, way) => ({
    kind: 'auth',
    reason: random.pick([Reason.continueAuthentication, way.to === 'client' ? Reason.success : Reason.reAuthenticate]),
    properties: { ...properties('auth', random, way), authenticationMethod: anyText(random) },
  }),
};

function connect(random: Random, way: Way): ConnectPacket {
  const { version } = way;
  const credentials = random.below(3);
  return {
    kind: 'connect',
    version,
    cleanStart: random.oneIn(2),
    keepAliveSeconds: random.below(65_536),
    clientId: anyText(random),
    properties: properties('connect', random, way),
    ...(random.oneIn(2) && {
      will: {
        topic: anyTopic(random),
        payload: random.bytes(20),
        qos: random.pick([0, 1, 2]),
        retain: random.oneIn(2),
        properties: properties('will', random, way),
      },
    }),
    ...(credentials > 0 && { userName: anyText(random) }),
    ...(credentials > 1 && { password: random.bytes(20) }),
  };
}

function publish(random: Random, way: Way): PublishPacket {
  const qos = random.pick([0, 1, 2] as const);
  const found = properties('publish', random, way);
  const byAlias = found.topicAlias !== undefined && random.oneIn(2);
  return {
    kind: 'publish',
    topic: byAlias ? undefined : anyTopic(random),
    payload: random.bytes(random.oneIn(10) ? 300 : 20),
    qos,
    retain: random.oneIn(2),
    dup: qos > 0 && random.oneIn(2),
    packetId: qos > 0 ? anyId(random) : undefined,
    properties: found,
  };
}

function request(random: Random, { version }: Way): SubscriptionRequest {
  const filter = anyFilter(random);
  const hasOptions = version === 5;
  return {
    filter,
    qos: random.pick([0, 1, 2]),
    noLocal: hasOptions && sharedFilter(filter) === undefined && random.oneIn(2),
    retainAsPublished: hasOptions && random.oneIn(2),
    retainHandling: hasOptions ? random.pick([0, 1, 2]) : 0,
  };
}

function acknowledgement(kind: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', random: Random, way: Way): Packet {
  const reason = way.version === 5 ? reasonOf(kind, random) : Reason.success;
  return { kind, packetId: anyId(random), reason, properties: properties(kind, random, way) };
}

function properties(carrier: PropertyCarrier, random: Random, { version, to }: Way): Properties {
  if (version !== 5 || random.oneIn(3)) return NO_PROPERTIES;
  const found: { -readonly [Name in keyof Properties]: Properties[Name] } = {};
  for (const name of Object.keys(propertyTable) as (keyof Properties)[]) {
    const [, , carriers] = propertyTable[name];
    if (!carriers.split(' ').includes(carrier) || random.oneIn(2)) continue;
    Object.assign(found, { [name]: anyValue(name, random) });
  }
  if (carrier === 'publish' && to === 'server') delete found.subscriptionIdentifiers;
  if (carrier === 'subscribe' && found.subscriptionIdentifiers) {
    found.subscriptionIdentifiers = found.subscriptionIdentifiers.slice(0, 1);
  }
  if (carrier === 'disconnect' && to === 'client') delete found.sessionExpiryInterval;
  if (found.authenticationMethod === undefined) delete found.authenticationData;
  return Object.keys(found).length === 0 ? NO_PROPERTIES : found;
}

function anyValue(name: keyof Properties, random: Random): unknown {
  if (name === 'userProperties') return random.list(1, 3, () => [anyText(random) || 'n', anyText(random) || 'v']);
  if (name === 'subscriptionIdentifiers') return random.list(1, 3, () => 1 + random.below(268_435_455));
  if (name === 'responseTopic') return anyTopic(random);
  const [, value] = propertyTable[name];
  if (name === 'correlationData' || name === 'authenticationData') return random.bytes(20);
  if (value === '01') return random.below(2);
  if (value === '0001') return 1 + random.below(65_535);
  if (value === '00000001') return 1 + random.below(0xffff_ffff);
  return anyText(random);
}

function reasonOf(packet: Parameters<typeof isReasonOf>[0], random: Random): ReasonCode {
  return random.pick(Object.values(Reason).filter((code) => isReasonOf(packet, code)));
}

function anyId(random: Random): PacketId {
  return packetId(1 + random.below(65_535));
}

const letters = ['a', 'b', 'z', '0', ' ', '-', '$', '\u00e9', '\ufeff', '\u20ac', '\u{1f601}'];

function anyText(random: Random): string {
  return random.list(0, random.oneIn(8) ? 60 : 6, () => random.pick(letters)).join('');
}

function anyTopic(random: Random): TopicName {
  return topicName(`t${random.list(1, 4, () => anyText(random)).join('/')}`);
}

function anyFilter(random: Random): TopicFilter {
  const levels = random.list(1, 4, () => (random.oneIn(3) ? '+' : anyText(random)));
  const share = random.oneIn(4) ? '$share/group/' : 't/';
  return topicFilter(`${share}f/${levels.join('/')}${random.oneIn(3) ? '/#' : ''}`);
}
