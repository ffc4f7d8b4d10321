import { execFileSync } from 'node:child_process';
import type { CipherSuite, Group } from '@keystile/tls';
import { smallRecordLength, versionOf } from '../cell.ts';
import { exchangeLine } from '../conversation.ts';
import { clientName } from '../credentials.ts';
import type { Peer, RunningServer, ServerSettings } from '../peer.ts';
import { ServerProcess } from '../server-process.ts';

/** GnuTLS's server, as an echo. */
export const gnutls: Peer = {
  name: 'gnutls-serv',
  needsNamespace: true,
  cutsRecords: false,
  demandInstalled: () => void execFileSync('gnutls-serv', ['--version'], { stdio: 'pipe' }),
  start,
  exchange: (stream, text) => exchangeLine(stream, text, text),
};

async function start(settings: ServerSettings): Promise<RunningServer> {
  const { network, credentials } = settings;
  const port = await network.freePort();
  const { chainFile, keyFile } = credentials.server(settings.chainLength);
  const options = [
    '--echo',
    ...['--port', String(port)],
    ...['--x509certfile', chainFile, '--x509keyfile', keyFile],
    ...['--priority', priorityOf(settings)],
    ...(settings.clientAuthentication
      ? ['--x509cafile', credentials.rootFile, '--require-client-cert', '--verify-client-cert']
      : ['--disable-client-cert']),
    // What it lets us send; what it sends is up to our own extension.
    ...(settings.records === 'limited' ? ['--recordsize', String(smallRecordLength)] : []),
  ];
  // It prints into a pipe by the block; stdbuf makes it the line.
  const server = new ServerProcess({
    name: 'gnutls-serv',
    command: network.inside(['stdbuf', '-oL', 'gnutls-serv', ...options]),
  });
  await server.starts(/listening on IPv4.*done$/m);
  return {
    dial: () => {
      server.forget();
      return network.dial(port);
    },
    sawClient: () => server.prints(new RegExp(`^\\s*Subject: CN=${clientName}$`, 'm')),
    sawResumption: () => server.prints(/^\*\*\* This is a resumed session$/m),
    stop: () => server.stop(),
  };
}

const ciphers: Readonly<Record<CipherSuite, string>> = {
  TLS_AES_128_GCM_SHA256: 'AES-128-GCM',
  TLS_AES_256_GCM_SHA384: 'AES-256-GCM',
  TLS_AES_128_CCM_SHA256: 'AES-128-CCM',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'AES-128-GCM',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'AES-256-GCM',
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM: 'AES-128-CCM',
};

const curves: Readonly<Record<Group, string>> = {
  X25519: 'X25519',
  'P-256': 'SECP256R1',
  'P-384': 'SECP384R1',
  X25519MLKEM768: 'X25519-MLKEM768',
};

function priorityOf({ suite, group }: ServerSettings): string {
  return [
    'NORMAL',
    `-VERS-ALL:+VERS-TLS${versionOf(suite)}`,
    `-CIPHER-ALL:+${ciphers[suite]}`,
    '-KX-ALL:+ECDHE-ECDSA',
    `-GROUP-ALL:+GROUP-${curves[group]}`,
  ].join(':');
}
