import {
  type ExporterOrder,
  type ExporterPort,
  type PartMemory,
  type RandomSource,
  type SigningOrder,
  SoftwareVault,
  type Vault,
} from '@keystile/chip';

/** The two ports of a part, with all that passed through them since {@link RecordedPorts.clear}. */
export class RecordedPorts {
  readonly #signed: SigningOrder[] = [];
  readonly #exported: ExporterOrder[] = [];

  get signed(): readonly SigningOrder[] {
    return this.#signed;
  }

  get exported(): readonly ExporterOrder[] {
    return this.#exported;
  }

  clear(): void {
    this.#signed.length = 0;
    this.#exported.length = 0;
  }

  readonly vault = (memory: PartMemory, random: RandomSource): Vault => {
    const software = new SoftwareVault(() => memory.fuseRecord, random);
    return {
      kind: 'recorded',
      generate: (slot) => software.generate(slot),
      destroy: () => software.destroy(),
      sign: (order) => {
        this.#signed.push({ ...order, purpose: { ...order.purpose, input: order.purpose.input.slice() } });
        return software.sign(order);
      },
    };
  };

  readonly exporter: ExporterPort = (session, order) => {
    this.#exported.push({ ...order, context: order.context.slice() });
    return session.exporter(order);
  };
}
