import { spawnSync } from 'node:child_process';
import type { Duplex } from 'node:stream';
import {
  encodePacket,
  NO_PROPERTIES,
  type Packet,
  PacketDecoder,
  parsePacketId,
  parseTopicFilter,
  parseTopicName,
  type ServerPacket,
} from '@keystile/mqtt';
import { versionOf } from '../cell.ts';
import { ask } from '../conversation.ts';
import { clientName } from '../credentials.ts';
import { opensslGroups, opensslSuite, opensslVersion } from '../openssl-names.ts';
import type { Peer, RunningServer, ServerSettings } from '../peer.ts';
import { ServerProcess, systemPath } from '../server-process.ts';

/** An MQTT broker on the machine's OpenSSL. With mutual TLS a client has the topics below its certificate's name only. */
export const mosquitto: Peer = {
  name: 'mosquitto',
  needsNamespace: false,
  cutsRecords: false,
  demandInstalled: () => {
    // It says its version and ends with 3.
    const { error } = spawnSync('mosquitto', ['-h'], { env: { ...process.env, PATH: systemPath } });
    if (error !== undefined) throw error;
  },
  start,
  exchange: publishToOneself,
};

let configurations = 0;

async function start(settings: ServerSettings): Promise<RunningServer> {
  const { network, credentials } = settings;
  const port = await network.freePort();
  const name = `mosquitto${configurations++}`;
  const accessFile = credentials.write(`${name}.acl`, 'pattern readwrite %u/#\n');
  const file = credentials.write(`${name}.conf`, configurationOf(settings, { port, accessFile }));
  const server = new ServerProcess({
    name: 'mosquitto',
    command: network.inside(['mosquitto', '-c', file]),
    environment: { OPENSSL_CONF: credentials.write(`${name}.cnf`, opensslSettings(settings)) },
  });
  await server.starts(/mosquitto version \S+ running/);
  return {
    dial: () => {
      server.forget();
      return network.dial(port);
    },
    sawClient: () => server.prints(new RegExp(`New client connected .* u'${clientName}'`)),
    stop: () => server.stop(),
  };
}

function configurationOf(
  { suite, chainLength, clientAuthentication, credentials }: ServerSettings,
  { port, accessFile }: { readonly port: number; readonly accessFile: string },
): string {
  const { chainFile, keyFile } = credentials.server(chainLength);
  const version = opensslVersion(suite);
  return [
    // As root it would become another user, who may not read the keys.
    'user root',
    'log_type all',
    `listener ${port} 127.0.0.1`,
    `certfile ${chainFile}`,
    `keyfile ${keyFile}`,
    `cafile ${credentials.rootFile}`,
    `tls_version ${version.toLowerCase()}`,
    `${version === 'TLSv1.3' ? 'ciphers_tls1.3' : 'ciphers'} ${opensslSuite(suite)}`,
    ...(clientAuthentication
      ? ['require_certificate true', 'use_identity_as_username true', `acl_file ${accessFile}`]
      : ['allow_anonymous true']),
    '',
  ].join('\n');
}

/** It has no setting for groups, and takes those of OpenSSL's own configuration. */
function opensslSettings({ group, suite }: ServerSettings): string {
  return [
    'openssl_conf = init',
    '[init]',
    'ssl_conf = ssl',
    '[ssl]',
    'system_default = defaults',
    '[defaults]',
    `Groups = ${opensslGroups(group, versionOf(suite))}`,
    `MaxProtocol = ${opensslVersion(suite)}`,
    '',
  ].join('\n');
}

async function publishToOneself(stream: Duplex, text: string): Promise<void> {
  const topic = `${clientName}/echo`;
  const filter = demanded(parseTopicFilter(topic));
  const connect: Packet = {
    kind: 'connect',
    version: 4,
    cleanStart: true,
    keepAliveSeconds: 60,
    clientId: 'interop',
    properties: NO_PROPERTIES,
  };
  const connack = await answerTo(stream, connect);
  if (connack.kind !== 'connack' || connack.code !== 0) throw new Error(`CONNECT was answered by ${connack.kind}`);
  const suback = await answerTo(stream, {
    kind: 'subscribe',
    packetId: demanded(parsePacketId(1)),
    subscriptions: [{ filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    properties: NO_PROPERTIES,
  });
  if (suback.kind !== 'suback') throw new Error(`SUBSCRIBE was answered by ${suback.kind}`);
  const published = await answerTo(stream, {
    kind: 'publish',
    topic: demanded(parseTopicName(topic)),
    payload: Buffer.from(text),
    qos: 0,
    retain: false,
    dup: false,
    packetId: undefined,
    properties: NO_PROPERTIES,
  });
  if (published.kind !== 'publish' || Buffer.from(published.payload).toString() !== text) {
    throw new Error('the answer is not what was sent');
  }
}

const PACKET_SIZE_MAX = 65_536;

/** The one packet that comes back. */
async function answerTo(stream: Duplex, packet: Packet): Promise<ServerPacket> {
  const answers: ServerPacket[] = [];
  await ask(stream, encodePacket(packet, 4), (bytes) => {
    const decoder = PacketDecoder.forClient(4, PACKET_SIZE_MAX);
    decoder.push(bytes);
    const answer = decoder.next();
    if (answer !== undefined) answers.push(answer);
    return answers.length > 0;
  });
  return demanded(answers[0]);
}

function demanded<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a part of a packet is missing');
  return value;
}
