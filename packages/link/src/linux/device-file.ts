import { type FileHandle, open } from 'node:fs/promises';
import { getSystemErrorName } from 'node:util';
import { KeystileError } from '@keystile/errors';

/**
 * A character device of Linux: each read and write is one transaction on its bus. The drivers work on this port, so that
 * everything but the kernel's own side is run without the hardware.
 */
export interface DeviceFile {
  readonly path: string;
  /** `argument`: a number, or the bytes that the request points to. Throws an error with `code` as Node's own. */
  control(request: number, argument: number | Uint8Array): void;
  /** Bytes read. Throws as `node:fs` does. */
  read(into: Uint8Array): Promise<number>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** Throws `KS-L120` without the optional package `koffi`, `KS-L121` when the device cannot be opened. */
export async function openDeviceFile(path: string): Promise<DeviceFile> {
  const control = await loadIoctl();
  let file: FileHandle;
  try {
    file = await open(path, 'r+');
  } catch (cause) {
    throw new KeystileError('KS-L121', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return {
    path,
    control: (request, argument) => control(file.fd, request, argument),
    read: async (into) => (await file.read(into, 0, into.length, null)).bytesRead,
    write: async (bytes) => (await file.write(bytes, 0, bytes.length, null)).bytesWritten,
    close: () => void file.close().catch(() => undefined),
  };
}

type Ioctl = (fd: number, request: number, argument: number | Uint8Array) => void;

/** `ioctl(2)` is what Node cannot do; everything else it can. */
async function loadIoctl(): Promise<Ioctl> {
  const { default: koffi } = await import('koffi').catch((cause: unknown) => {
    throw new KeystileError('KS-L120', 'the optional package koffi is not installed, or has no binary here', { cause });
  });
  const ioctl = koffi.load('libc.so.6').func('int ioctl(int fd, unsigned long request, ...)');
  return (fd, request, argument) => {
    const result: number =
      typeof argument === 'number' ? ioctl(fd, request, 'long', argument) : ioctl(fd, request, 'void *', argument);
    if (result >= 0) return;
    const code = getSystemErrorName(-koffi.errno());
    throw Object.assign(new Error(`ioctl 0x${request.toString(16)}: ${code}`), { code });
  };
}
