import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PartProcess, spawnPart } from '@keystile/chip/node';
import { HostPairing, openPart, type PairingCheck, type Part } from '@keystile/device';
import type { Command } from '@keystile/link';
import { askControl, type ControlAnswer, type ControlRequest } from '@keystile/link/node';

/** The virtual part as it is shipped: a process, its folder of memory, its fuse file, its bus and its pins. */
export class ProcessPart {
  /** Everything of this part is below it. */
  readonly folder: string = mkdtempSync(join(tmpdir(), 'ks-part-'));
  readonly nvmFolder: string = join(this.folder, 'nvm');
  readonly fuseFile: string = join(this.folder, 'fuse', 'fuses');
  readonly busPath: string = join(this.folder, 'bus.sock');
  readonly controlPath: string = join(this.folder, 'pins.sock');
  #process: PartProcess | undefined;
  #host: Part | undefined;
  #pairing: HostPairing = HostPairing.create();

  /** `pairing` is that of its host; a new one when absent. */
  static async start(pairing: HostPairing = HostPairing.create()): Promise<ProcessPart> {
    const part = new ProcessPart();
    part.#pairing = pairing;
    await part.start();
    return part;
  }

  get process(): PartProcess {
    if (this.#process === undefined) throw new TypeError('the part has no power');
    return this.#process;
  }

  /** The device SDK's view; a faulty part has none, since even INFO is refused. */
  get host(): Part {
    if (this.#host === undefined) throw new TypeError('nobody is on the bus');
    return this.#host;
  }

  call<Request, Result>(command: Command<Request, Result>, request: Request): Promise<Result> {
    return this.host.call(command, request);
  }

  pair(check: PairingCheck): Promise<void> {
    return this.host.pair(check);
  }

  /** Of the host on the bus. */
  get pairing(): HostPairing {
    return this.#host?.pairing ?? this.#pairing;
  }

  async start(): Promise<void> {
    const { nvmFolder, fuseFile, busPath, controlPath } = this;
    this.#process = await spawnPart({ nvmFolder, fuseFile, busPath, controlPath });
    if (this.#process.fault !== undefined) return;
    this.#host = await openPart({ path: busPath, bus: 'spi:10MHz', pairing: this.#pairing });
  }

  async stop(): Promise<void> {
    this.#pairing = this.pairing;
    this.#host?.close();
    this.#host = undefined;
    await this.#process?.stop();
    this.#process = undefined;
  }

  /** Stops, changes what rests on the disk, and starts. */
  async restart(meanwhile: () => void = () => {}): Promise<void> {
    await this.stop();
    meanwhile();
    await this.start();
  }

  /** A pin of the part. */
  pin(request: ControlRequest): Promise<Extract<ControlAnswer, { ok: true }>> {
    return askControl(this.controlPath, request);
  }

  /** A backup of the memory, without the fuses: what whoever can read a disk may have. */
  copyNvm(): string {
    const copy = mkdtempSync(join(this.folder, 'copy-'));
    cpSync(this.nvmFolder, copy, { recursive: true });
    return copy;
  }

  putNvm(copy: string): void {
    rmSync(this.nvmFolder, { recursive: true });
    cpSync(copy, this.nvmFolder, { recursive: true });
    chmodSync(this.nvmFolder, 0o700);
  }

  /** The end of the part: nothing of it stays. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
