/** What `up` says to a person: a dozen lines once everything runs, and one line for each thing that happens later. */
import type { JsonLine } from '../processes/program.ts';
import type { Output } from '../terminal/output.ts';
import type { RunningProduct } from './start.ts';

export function welcome(product: RunningProduct, { home, timeScale }: { home: string; timeScale: number }): string[] {
  const { record, handshake, ports, installed } = product;
  const { device } = record;
  const made = product.isNew ? 'made now' : `made ${record.createdAt.slice(0, 10)}`;
  return [
    '',
    `Keystile runs. Its state is in ${home}, ${made}.`,
    `  root             SHA-256 ${product.rootFingerprint}`,
    `  secure IC        ${device.serial}: provisioned and locked; firmware ${installed.firmware.version} and configuration ${installed.configuration.version} verified`,
    `  broker           mqtts://localhost:${ports.broker} and wss://localhost:${ports.websocket}, for certificates of this root only`,
    `  air conditioner  ${device.id}: ${handshake.protocol}, ${handshake.cipherSuite}, ${handshake.group} inside the IC in ${handshake.ms} ms (${handshake.busFrames} frames, ${handshake.busBytes} bytes on the bus)`,
    `  page             ${product.link}`,
    'The link works once, within ten minutes. Your browser will warn, since it does not know this root: compare the fingerprint of the root above.',
    roomClock(timeScale),
    `Next, in another terminal:  npx keystile sub -v -t 'ac/#'    npx keystile pub -t ac/${device.id}/set/set-point -m 21.5    npx keystile chip info`,
    'Ctrl-C stops all of it; the next start goes on with the same state. npx keystile reset removes it.',
    '',
  ];
}

function roomClock(timeScale: number): string {
  if (timeScale === 1) return 'The room runs in real time; --time-scale 30 makes it half an hour a minute.';
  return `One minute here is ${timeScale} minutes in the room, so that you can watch it; --time-scale 1 is real time.`;
}

/** Tells on stderr what the programs report after the start; what is said at the start already is left out. */
export function programNews(output: Output): (program: string, line: JsonLine) => void {
  let connections = 0;
  return (program, line) => {
    const text = (field: string): string => String(line[field]);
    switch (line.event) {
      case 'connected':
        connections += 1;
        if (connections > 1) output.say(`${program}: connected again`);
        return;
      case 'set':
        output.say(`${program}: ${text('setting')} is now ${text('value')}`);
        return;
      case 'disconnected':
        output.say(`${program}: not connected; next attempt in ${(Number(line.retryMs) / 1000).toFixed(1)} s`);
        return;
      default:
        // At the start, the authority may look for the broker a moment too early; it says so in its log.
        if (line.event === 'broker-lost' || line.ready === false) return;
        if (typeof line.code === 'string') output.say(`${program}: ${line.code}: ${text('detail')}`);
    }
  };
}
