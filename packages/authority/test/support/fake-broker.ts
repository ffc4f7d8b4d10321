import { once } from 'node:events';
import { createServer } from 'node:https';
import type { TestContext } from 'node:test';
import { operatorToken } from '@keystile/cose';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';

/**
 * A broker and an air conditioner in one, as far as the page can see: WSS with a token as subprotocol, MQTT 5, a
 * retained state, changes that are reported back, refused, or not answered at all.
 */
export class FakeBroker {
  readonly url: string;
  /** Subprotocols of every upgrade. */
  readonly upgrades: string[][] = [];
  readonly identities: string[] = [];
  availability = 'online';
  /** Settings that the device refuses, with its sentence; a setting with an empty sentence is ignored. */
  readonly stubborn = new Map<string, string>();
  state = {
    temperature: 24.5,
    setPoint: 22.5,
    mode: 'cool',
    fan: 'auto',
    swing: 'vertical',
    action: 'cooling',
    powerW: 642,
    outdoor: 31.4,
    at: 0,
  };
  readonly #sockets = new Set<WebSocket>();
  readonly #publish = new Set<(topic: string, payload: string) => void>();

  private constructor(url: string) {
    this.url = url;
  }

  static async start(
    context: TestContext,
    tls: { key: string; certificate: string; tokenKey: Uint8Array },
  ): Promise<FakeBroker> {
    const server = createServer({ key: tls.key, cert: tls.certificate });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('no port');
    const broker = new FakeBroker(`wss://localhost:${address.port}`);
    const upgrades = new WebSocketServer({
      server,
      handleProtocols: (protocols) => {
        broker.upgrades.push([...protocols]);
        const token = [...protocols]
          .find((each) => each.startsWith('keystile-token.'))
          ?.slice('keystile-token.'.length);
        const bytes = new Uint8Array(Buffer.from(token ?? '', 'base64url'));
        broker.identities.push(operatorToken.verify(bytes, tls.tokenKey).identity);
        return 'mqtt';
      },
    });
    upgrades.on('connection', (socket) => broker.#accept(socket));
    context.after(() => {
      broker.drop();
      server.close();
    });
    return broker;
  }

  /** Cuts every connection, as a network does. */
  drop(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  report(): void {
    for (const publish of this.#publish) publish('ac/ac-000017/state', JSON.stringify(this.state));
  }

  setAvailability(text: string): void {
    this.availability = text;
    for (const publish of this.#publish) publish('ac/ac-000017/availability', text);
  }

  #accept(socket: WebSocket): void {
    this.#sockets.add(socket);
    const stream = createWebSocketStream(socket);
    const send = (packet: Packet): void => void stream.write(mqttPacket.generate(packet, { protocolVersion: 5 }));
    const publish = (topic: string, payload: string): void =>
      send({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#publish.delete(publish);
    });
    const parser = mqttPacket.parser({ protocolVersion: 5 });
    parser.on('packet', (packet: Packet) => this.#receive(packet, { send, publish }));
    stream.on('data', (piece: Buffer) => parser.parse(piece));
    stream.on('error', () => socket.terminate());
  }

  #receive(
    packet: Packet,
    to: { send: (packet: Packet) => void; publish: (topic: string, text: string) => void },
  ): void {
    if (packet.cmd === 'connect') to.send({ cmd: 'connack', reasonCode: 0, sessionPresent: false });
    if (packet.cmd === 'pingreq') to.send({ cmd: 'pingresp' });
    if (packet.cmd === 'subscribe') {
      to.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(() => 1) });
      this.#publish.add(to.publish);
      to.publish('ac/ac-000017/availability', this.availability);
      this.report();
    }
    if (packet.cmd === 'publish') {
      to.send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: 0 });
      this.#set(packet.topic, packet.payload.toString());
    }
  }

  #set(topic: string, value: string): void {
    const setting = topic.split('/').at(-1) ?? '';
    const sentence = this.stubborn.get(setting);
    if (sentence === undefined) {
      const field = setting === 'set-point' ? { setPoint: Number(value) } : { [setting]: value };
      this.state = { ...this.state, ...field };
      setTimeout(() => this.report(), 30);
    } else if (sentence !== '') {
      const refusal = JSON.stringify({ topic, value, code: 'KS-U203', detail: sentence });
      for (const publish of this.#publish) publish('ac/ac-000017/refused', refusal);
    }
  }
}
