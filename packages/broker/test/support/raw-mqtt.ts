import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';

/** MQTT 5, packet by packet, over any stream: for a client that says what no library would. */
export class RawMqtt {
  readonly #stream: Duplex;
  readonly #version: 4 | 5;
  readonly #packets: Packet[] = [];
  #wake: () => void = () => undefined;
  #isOver = false;

  constructor(stream: Duplex, version: 4 | 5 = 5) {
    this.#stream = stream;
    this.#version = version;
    const reader = parser({ protocolVersion: version });
    reader.on('packet', (packet) => {
      this.#packets.push(packet);
      this.#wake();
    });
    stream.on('data', (chunk: Buffer) => reader.parse(chunk));
    stream.on('error', () => undefined);
    for (const end of ['end', 'close'] as const) {
      stream.on(end, () => {
        this.#isOver = true;
        this.#wake();
      });
    }
  }

  connect(clientId: string, method?: string): void {
    const packet: IConnectPacket = {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: this.#version,
      clean: true,
      keepalive: 30,
      clientId,
      ...(method !== undefined && { properties: { authenticationMethod: method } }),
    };
    this.send(packet);
  }

  auth(reasonCode: number, method: string, data?: Uint8Array): void {
    const properties = {
      authenticationMethod: method,
      ...(data !== undefined && { authenticationData: Buffer.from(data) }),
    };
    this.send({ cmd: 'auth', reasonCode, properties });
  }

  send(packet: Packet): void {
    this.#stream.write(generate(packet, { protocolVersion: this.#version }));
  }

  /** The next packet of the broker; rejects when the connection ends before it. */
  async next(): Promise<Packet> {
    for (;;) {
      const packet = this.#packets.shift();
      if (packet !== undefined) return packet;
      if (this.#isOver) throw new Error('the connection has ended');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The broker has ended the connection. */
  async closed(): Promise<void> {
    if (!this.#isOver) await once(this.#stream, 'end');
  }
}
