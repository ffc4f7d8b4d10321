import { type BusCounters, Part } from '@keystile/device';
import { type Command, commands, encodeField, encodeRequest } from '@keystile/link';

/** What a host and its part have said to each other, beside what the bus has carried of it. */
export interface Traffic extends BusCounters {
  /** Commands called. */
  readonly commands: number;
  /** Bytes of requests and of answers, before they are cut, sealed and framed. */
  readonly messageBytes: number;
  /** TLS bytes from the network into the part, and out of it for the network. */
  readonly networkToPart: number;
  readonly networkFromPart: number;
}

/** The SDK's part, which counts what its callers give it and get from it. */
export class CountingPart extends Part {
  readonly #said = { commands: 0, messageBytes: 0, networkToPart: 0, networkFromPart: 0 };

  get traffic(): Traffic {
    return { ...this.counters, ...this.#said };
  }

  override async call<Request, Result>(command: Command<Request, Result>, request: Request): Promise<Result> {
    this.#said.commands++;
    this.#said.messageBytes += encodeRequest(command, request).length;
    if (command.name === commands.tlsPush.name) this.#said.networkToPart += lengthOf(request, 'bytes');
    const result = await super.call(command, request);
    this.#said.messageBytes += STATUS_LENGTH + encodeField(command.result, result).length;
    this.#said.networkFromPart += lengthOf(result, 'outgoing') + lengthOf(fieldOf(result, 'progress'), 'outgoing');
    return result;
  }
}

/** The first byte of every answer. */
const STATUS_LENGTH = 1;

function lengthOf(fields: unknown, name: string): number {
  const value = fieldOf(fields, name);
  return value instanceof Uint8Array ? value.length : 0;
}

function fieldOf(fields: unknown, name: string): unknown {
  if (typeof fields !== 'object' || fields === null) return undefined;
  return (fields as Readonly<Record<string, unknown>>)[name];
}

/** What has been added from `before` to `after`. */
export function trafficBetween(before: Traffic, after: Traffic): Traffic {
  const names = Object.keys(after) as (keyof Traffic)[];
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as unknown as Traffic;
}
