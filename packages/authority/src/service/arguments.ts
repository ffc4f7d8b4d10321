import { parseArgs } from 'node:util';
import { KeystileError } from '@keystile/errors';

/** The flags of the program, parsed; everything wrong with them is KS-U100. */
export interface Arguments {
  readonly home: string;
  readonly port: number;
  readonly websocketUrl: string;
  readonly brokerUrl: string;
}

const PORT_MAX = 65_535;

export function readArguments(args: readonly string[], environment: NodeJS.ProcessEnv): Arguments {
  const values = parseFlags(args);
  const home = values.home ?? environment.KEYSTILE_HOME;
  if (home === undefined) throw new KeystileError('KS-U100', '--home is missing');
  const port = Number(values.port);
  if (!/^[0-9]+$/.test(values.port) || port > PORT_MAX) throw new KeystileError('KS-U100', `${values.port} is no port`);
  const websocketUrl = parseUrl(values['websocket-url'], 'wss:');
  return { home, port, websocketUrl, brokerUrl: parseUrl(values['broker-url'], 'mqtts:') };
}

function parseFlags(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        home: { type: 'string' },
        port: { type: 'string', default: '8443' },
        'websocket-url': { type: 'string', default: 'wss://localhost:8884' },
        'broker-url': { type: 'string', default: 'mqtts://localhost:8883' },
      },
    });
    return values;
  } catch (cause) {
    throw new KeystileError('KS-U100', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The address enters a content security policy: only scheme, host and port of it may. */
function parseUrl(text: string, protocol: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== protocol || url.host === '' || !/^[a-z0-9.:[\]-]+$/.test(url.host)) {
    throw new KeystileError('KS-U100', `"${text}" is no address of the form ${protocol}//host:port`);
  }
  return `${protocol}//${url.host}`;
}
