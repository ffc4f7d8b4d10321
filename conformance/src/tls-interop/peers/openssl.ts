import { execFileSync } from 'node:child_process';
import { smallRecordLength, versionOf } from '../cell.ts';
import { exchangeLine } from '../conversation.ts';
import { clientName } from '../credentials.ts';
import { opensslGroups, opensslSuite } from '../openssl-names.ts';
import type { Peer, RunningServer, ServerSettings } from '../peer.ts';
import { ServerProcess } from '../server-process.ts';

/** OpenSSL's command, which answers each line with its reverse. */
export const openssl: Peer = {
  name: 'openssl s_server',
  needsNamespace: false,
  cutsRecords: true,
  demandInstalled: () => void execFileSync('openssl', ['version'], { stdio: 'pipe' }),
  start,
  exchange: (stream, text) => exchangeLine(stream, text, [...text].toReversed().join('')),
};

async function start(settings: ServerSettings): Promise<RunningServer> {
  const { network } = settings;
  const port = await network.freePort();
  const server = new ServerProcess({
    name: 'openssl',
    command: network.inside(['openssl', 's_server', '-accept', `127.0.0.1:${port}`, '-rev', ...optionsOf(settings)]),
  });
  await server.starts(/^ACCEPT/m);
  return {
    dial: () => {
      server.forget();
      return network.dial(port);
    },
    sawClient: () => server.prints(new RegExp(`^Peer certificate: CN = ${clientName}$`, 'm')),
    stop: () => server.stop(),
  };
}

function optionsOf({ suite, group, chainLength, credentials, ...settings }: ServerSettings): readonly string[] {
  const { chainFile, keyFile } = credentials.server(chainLength);
  return [
    ...(versionOf(suite) === '1.3' ? ['-tls1_3', '-ciphersuites'] : ['-tls1_2', '-cipher']),
    opensslSuite(suite),
    '-groups',
    opensslGroups(group, versionOf(suite)),
    ...['-cert', chainFile, '-cert_chain', chainFile, '-key', keyFile],
    ...(settings.clientAuthentication
      ? ['-CAfile', credentials.rootFile, '-Verify', '3', '-verify_return_error']
      : ['-no-CAfile']),
    ...(settings.records === 'small' ? ['-max_send_frag', String(smallRecordLength)] : []),
  ];
}
