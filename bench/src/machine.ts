import { availableParallelism, cpus, release, type } from 'node:os';

/** Where and when figures were taken: without it they mean nothing. */
export function machineLines(now: Date): readonly string[] {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const { node, openssl, v8 } = process.versions;
  return [
    `${availableParallelism()} × ${model}, ${type()} ${release()}`,
    `Node ${node}, OpenSSL ${openssl}, V8 ${v8}`,
    now.toISOString().slice(0, 10),
  ];
}
