import { USER_PROPERTIES_MAX } from './limits.ts';
import type { PacketKind } from './protocol.ts';
import type { PacketReader } from './reader.ts';
import { parseTopicName } from './topic.ts';
import type { PacketWriter } from './writer.ts';

/**
 * Properties of MQTT 5 (§2.2.2): one table of identifier, type and the packets that may carry each, and the reader and
 * writer made from it. Values that the standard limits are checked here, so that a `Properties` object is always valid.
 */
export interface Properties {
  readonly payloadFormatIndicator?: number;
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Uint8Array;
  /** One in SUBSCRIBE; one for each matching subscription in PUBLISH. */
  readonly subscriptionIdentifiers?: readonly number[];
  readonly sessionExpiryInterval?: number;
  readonly assignedClientIdentifier?: string;
  readonly serverKeepAlive?: number;
  readonly authenticationMethod?: string;
  readonly authenticationData?: Uint8Array;
  readonly requestProblemInformation?: number;
  readonly willDelayInterval?: number;
  readonly requestResponseInformation?: number;
  readonly responseInformation?: string;
  readonly serverReference?: string;
  readonly reasonString?: string;
  readonly receiveMaximum?: number;
  readonly topicAliasMaximum?: number;
  readonly topicAlias?: number;
  readonly maximumQos?: number;
  readonly retainAvailable?: number;
  readonly userProperties?: readonly UserProperty[];
  readonly maximumPacketSize?: number;
  readonly wildcardSubscriptionAvailable?: number;
  readonly subscriptionIdentifierAvailable?: number;
  readonly sharedSubscriptionAvailable?: number;
}

export type UserProperty = readonly [name: string, value: string];
export type PropertyName = keyof Properties;
/** A packet that carries properties; a will has its own set inside CONNECT. */
export type PropertyCarrier = Exclude<PacketKind, 'pingreq' | 'pingresp'> | 'will';

export const NO_PROPERTIES: Properties = Object.freeze({});

type Mutable = { -readonly [Name in PropertyName]: Properties[Name] };
type WireType = 'byte' | 'u16' | 'u32' | 'varint' | 'text' | 'binary' | 'pair';

interface Definition {
  readonly id: number;
  readonly name: PropertyName;
  readonly type: WireType;
  /** One bit for each carrier, as {@link carrierBits} numbers them. */
  readonly carriers: number;
  /** Position among the definitions. */
  readonly order: number;
  /** A sentence when the value breaks a limit of the standard. */
  readonly flaw: ((value: unknown) => string | undefined) | undefined;
}

const flag = (value: unknown): string | undefined => (value === 0 || value === 1 ? undefined : 'is neither 0 nor 1');
const positive = (value: unknown): string | undefined => (value === 0 ? 'is 0' : undefined);
const topic = (value: unknown): string | undefined =>
  typeof value === 'string' && parseTopicName(value) !== undefined ? undefined : 'is not a topic name [MQTT-3.3.2-14]';
const everywhere: readonly PropertyCarrier[] = [
  'connect',
  'connack',
  'publish',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'subscribe',
  'suback',
  'unsubscribe',
  'unsuback',
  'disconnect',
  'auth',
  'will',
];
const carrierBits = Object.fromEntries(everywhere.map((carrier, at) => [carrier, 1 << at])) as Readonly<
  Record<PropertyCarrier, number>
>;
const answers = everywhere.filter(
  (carrier) => !['connect', 'publish', 'subscribe', 'unsubscribe', 'will'].includes(carrier),
);

let nextOrder = 0;

function define(
  id: number,
  name: PropertyName,
  rest: { type: WireType; in: readonly PropertyCarrier[]; flaw?: Definition['flaw'] },
): Definition {
  const carriers = rest.in.reduce((bits, carrier) => bits | carrierBits[carrier], 0);
  return { id, name, type: rest.type, carriers, order: nextOrder++, flaw: rest.flaw };
}

/** MQTT 5.0 §2.2.2.2, in the order in which they are written. */
const definitions: readonly Definition[] = [
  define(0x01, 'payloadFormatIndicator', { type: 'byte', in: ['publish', 'will'], flaw: flag }),
  define(0x02, 'messageExpiryInterval', { type: 'u32', in: ['publish', 'will'] }),
  define(0x03, 'contentType', { type: 'text', in: ['publish', 'will'] }),
  define(0x08, 'responseTopic', { type: 'text', in: ['publish', 'will'], flaw: topic }),
  define(0x09, 'correlationData', { type: 'binary', in: ['publish', 'will'] }),
  define(0x11, 'sessionExpiryInterval', { type: 'u32', in: ['connect', 'connack', 'disconnect'] }),
  define(0x12, 'assignedClientIdentifier', { type: 'text', in: ['connack'] }),
  define(0x13, 'serverKeepAlive', { type: 'u16', in: ['connack'] }),
  define(0x15, 'authenticationMethod', { type: 'text', in: ['connect', 'connack', 'auth'] }),
  define(0x16, 'authenticationData', { type: 'binary', in: ['connect', 'connack', 'auth'] }),
  define(0x17, 'requestProblemInformation', { type: 'byte', in: ['connect'], flaw: flag }),
  define(0x18, 'willDelayInterval', { type: 'u32', in: ['will'] }),
  define(0x19, 'requestResponseInformation', { type: 'byte', in: ['connect'], flaw: flag }),
  define(0x1a, 'responseInformation', { type: 'text', in: ['connack'] }),
  define(0x1c, 'serverReference', { type: 'text', in: ['connack', 'disconnect'] }),
  define(0x1f, 'reasonString', { type: 'text', in: answers }),
  define(0x22, 'topicAliasMaximum', { type: 'u16', in: ['connect', 'connack'] }),
  define(0x23, 'topicAlias', { type: 'u16', in: ['publish'] }),
  define(0x24, 'maximumQos', { type: 'byte', in: ['connack'], flaw: flag }),
  define(0x25, 'retainAvailable', { type: 'byte', in: ['connack'], flaw: flag }),
  define(0x27, 'maximumPacketSize', { type: 'u32', in: ['connect', 'connack'], flaw: positive }),
  define(0x21, 'receiveMaximum', { type: 'u16', in: ['connect', 'connack'], flaw: positive }),
  define(0x28, 'wildcardSubscriptionAvailable', { type: 'byte', in: ['connack'], flaw: flag }),
  define(0x29, 'subscriptionIdentifierAvailable', { type: 'byte', in: ['connack'], flaw: flag }),
  define(0x2a, 'sharedSubscriptionAvailable', { type: 'byte', in: ['connack'], flaw: flag }),
  define(0x26, 'userProperties', { type: 'pair', in: everywhere }),
  define(0x0b, 'subscriptionIdentifiers', { type: 'varint', in: ['publish', 'subscribe'], flaw: positive }),
];

const byName: ReadonlyMap<string, Definition> = new Map(definitions.map((each) => [each.name, each]));
const byId: readonly (Definition | undefined)[] = Array.from({ length: 0x2b }, (_, id) =>
  definitions.find((definition) => definition.id === id),
);

/** Reads the property length and all properties. Faults: an unknown, repeated, disallowed or invalid property. */
export function readProperties(reader: PacketReader, carrier: PropertyCarrier): Properties {
  const length = reader.variableInteger();
  if (length === 0) return NO_PROPERTIES;
  const outerEnd = reader.narrow(length);
  const found: Record<string, unknown> = {};
  const carrierBit = carrierBits[carrier];
  while (reader.remaining > 0) readProperty(reader, carrierBit, found);
  reader.widen(outerEnd);
  return found;
}

function readProperty(reader: PacketReader, carrierBit: number, found: Record<string, unknown>): void {
  const id = reader.variableInteger();
  const definition = byId[id];
  if (definition === undefined) throw reader.fault('property-unknown', `property 0x${id.toString(16)} is unknown`);
  const value = readValue(reader, definition.type);
  const { name } = definition;
  if ((definition.carriers & carrierBit) === 0)
    throw reader.fault('property-not-allowed', `${name} does not belong here`);
  const flaw = definition.flaw?.(value);
  if (flaw !== undefined) throw reader.fault('property-value', `${name} ${flaw}`);
  if (definition.type === 'pair' || (definition.type === 'varint' && carrierBit === carrierBits.publish)) {
    const list = (found[name] ?? []) as unknown[];
    if (list.length >= USER_PROPERTIES_MAX) throw reader.fault('too-many', `more than ${USER_PROPERTIES_MAX} ${name}`);
    list.push(value);
    found[name] = list;
  } else if (found[name] !== undefined) {
    throw reader.fault('property-repeated', `${name} stands twice`);
  } else found[name] = definition.type === 'varint' ? [value] : value;
}

function readValue(reader: PacketReader, type: WireType): unknown {
  switch (type) {
    case 'byte':
      return reader.u8();
    case 'u16':
      return reader.u16();
    case 'u32':
      return reader.u32();
    case 'varint':
      return reader.variableInteger();
    case 'text':
      return reader.text();
    case 'binary':
      return reader.binary();
    case 'pair':
      return [reader.text(), reader.text()];
  }
}

/** Writes the property length and the properties. One that `carrier` must not have, or a wrong value, is misuse. */
export function writeProperties(writer: PacketWriter, carrier: PropertyCarrier, properties: Properties): void {
  if (properties === NO_PROPERTIES) {
    writer.u8(0);
    return;
  }
  const mark = writer.beginProperties();
  const values: Partial<Mutable> = properties;
  for (const definition of definitionsOf(properties)) {
    if ((definition.carriers & carrierBits[carrier]) === 0) {
      throw new RangeError(`${definition.name} does not belong into ${carrier}`);
    }
    writeProperty(writer, definition, values[definition.name]);
  }
  writer.endProperties(mark);
}

/** Those of the properties that are there, in the order in which they are written. */
function definitionsOf(properties: Properties): readonly Definition[] {
  const found: Definition[] = [];
  let isInOrder = true;
  for (const name in properties) {
    const definition = byName.get(name);
    if (definition === undefined || properties[definition.name] === undefined) continue;
    isInOrder &&= (found.at(-1)?.order ?? -1) < definition.order;
    found.push(definition);
  }
  return isInOrder ? found : found.sort((a, b) => a.order - b.order);
}

function writeProperty(writer: PacketWriter, definition: Definition, value: unknown): void {
  if (definition.type === 'pair') {
    for (const [name, text] of value as readonly UserProperty[]) writer.u8(definition.id).text(name).text(text);
    return;
  }
  if (definition.type === 'varint') {
    for (const identifier of value as readonly number[]) {
      refuseFlaw(definition, identifier);
      writer.u8(definition.id).variableInteger(identifier);
    }
    return;
  }
  refuseFlaw(definition, value);
  writer.u8(definition.id);
  if (definition.type === 'byte') writer.u8(value as number);
  else if (definition.type === 'u16') writer.u16(value as number);
  else if (definition.type === 'u32') writer.u32(value as number);
  else if (definition.type === 'text') writer.text(value as string);
  else writer.binary(value as Uint8Array);
}

function refuseFlaw({ name, flaw }: Definition, value: unknown): void {
  const found = flaw?.(value);
  if (found !== undefined) throw new RangeError(`${name} ${found}`);
}
