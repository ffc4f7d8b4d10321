import { tlsMaterial } from '../listeners/tls-options.ts';
import { Issuers } from '../peer/issuers.ts';
import { type ReadConfiguration, readConfiguration } from './read-configuration.ts';
import type { ListenerConfiguration } from './schema.ts';

/**
 * Everything that the start of a broker would find wrong with a configuration and the files that it names, without
 * opening a listener. Throws what the start throws: `KS-B100` to `KS-B102`, `KS-B105`.
 */
export function checkConfiguration(file: string): ReadConfiguration {
  const read = readConfiguration(file);
  new Issuers(read.configuration.issuer, read.folder);
  for (const listener of read.configuration.listener) checkFiles(listener, read.folder);
  return read;
}

function checkFiles(listener: ListenerConfiguration, folder: string): void {
  if (listener.kind !== 'mqtts' && listener.kind !== 'wss') return;
  tlsMaterial(listener, folder);
}
