import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';

/**
 * What a device without a part is: `node:tls` and a key file. It stays connected until its parent ends it.
 *
 *   node ordinary-client.ts PORT SERVER-NAME FILE     { "key", "cert", "ca": [...] } in PEM
 */
const [port = '', servername = '', file = ''] = process.argv.slice(2);
const credential = JSON.parse(readFileSync(file, 'utf8')) as { key: string; cert: string; ca: string[] };
const socket = connect({ host: '127.0.0.1', port: Number(port), servername, ...credential, ALPNProtocols: ['mqtt'] });
socket.write('twenty-one degrees');
await once(socket, 'data');
process.send?.('connected');
