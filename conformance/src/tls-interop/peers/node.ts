import { once } from 'node:events';
import { createServer, type TLSSocket } from 'node:tls';
import { smallRecordLength, versionOf } from '../cell.ts';
import { exchangeLine } from '../conversation.ts';
import { clientName } from '../credentials.ts';
import { loopback } from '../network.ts';
import { opensslGroups, opensslSuite, opensslVersion } from '../openssl-names.ts';
import type { Peer, RunningServer, ServerSettings } from '../peer.ts';

/** The server of Node.js in this process, with a newer OpenSSL than the machine's. It returns every byte. */
export const node: Peer = {
  name: 'node:tls',
  needsNamespace: false,
  cutsRecords: true,
  demandInstalled: () => {},
  start,
  exchange: (stream, text) => exchangeLine(stream, text, text),
};

async function start(settings: ServerSettings): Promise<RunningServer> {
  const { suite, group, chainLength, clientAuthentication, credentials } = settings;
  const { chain, key } = credentials.server(chainLength);
  const server = createServer({
    cert: chain,
    key,
    ca: credentials.root,
    requestCert: clientAuthentication,
    rejectUnauthorized: clientAuthentication,
    minVersion: opensslVersion(suite),
    maxVersion: opensslVersion(suite),
    ciphers: opensslSuite(suite),
    ecdhCurve: opensslGroups(group, versionOf(suite)),
  });
  const accepted: TLSSocket[] = [];
  server.on('secureConnection', (socket) => {
    accepted.push(socket);
    if (settings.records === 'small') socket.setMaxSendFragment(smallRecordLength);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return {
    dial: () => loopback.dial(address.port),
    sawClient: async () => {
      const seen = accepted.at(-1)?.getPeerCertificate().subject?.CN;
      if (seen !== clientName) throw new Error(`the server saw the client ${seen}`);
    },
    sawResumption: async () => {
      if (accepted.at(-1)?.isSessionReused() !== true) throw new Error('the server resumed nothing');
    },
    stop: async () => {
      for (const socket of accepted) socket.destroy();
      server.close();
    },
  };
}
