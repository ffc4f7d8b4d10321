import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * The log of the program: JSON lines that hold no secret, whoever wrote them. Fields by these names are never shown, and
 * neither is what looks like a private key or a token, wherever in a line it stands.
 */
const SECRET_FIELDS = [
  'token',
  'key',
  'password',
  'payload',
  'authenticationData',
  'correlationData',
  'userProperties',
];

/** A token's prefix is that of the WebSocket subprotocol; a key may have come into the message of an error. */
const SECRETS =
  /keystile-token\.[\w-]+|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?="))/g;
const CENSOR = '[redacted]';

export function redactingLogger({
  level,
  write,
}: {
  readonly level: string;
  /** A file descriptor, or what takes lines. */
  readonly write: number | DestinationStream;
}): Logger {
  const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
  const options = {
    name: 'broker',
    level,
    redact: { paths, censor: CENSOR },
    hooks: { streamWrite: (line: string) => line.replace(SECRETS, CENSOR) },
  };
  return pino(options, typeof write === 'number' ? pino.destination(write) : write);
}
