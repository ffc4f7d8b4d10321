import { readFileSync } from 'node:fs';
import { connect } from '@keystile/tls/node';
import { openToken } from './token-signer.ts';

/** `PIN=1234 node src/main.ts LIBRARY TOKEN KEY CERTIFICATE.pem ROOT.pem HOST PORT` carries standard input and output. */

const [library = '', token = '', key = '', certificate = '', root = '', host = '', port] = process.argv.slice(2);
const { signer, close } = await openToken({ library, token, key, pin: process.env.PIN ?? '' });
const [cert, ca] = [readFileSync(certificate, 'utf8'), readFileSync(root, 'utf8')];

const socket = connect({ host, port: Number(port), ca, cert, signer });
socket.on('secureConnect', () => process.stderr.write(`${socket.getProtocol()}, key in token '${token}'\n`));
socket.on('error', (error) => process.stderr.write(`${error.message}\n`));
socket.on('close', close);
process.stdin.pipe(socket).pipe(process.stdout);
