/** How the three network programs are started; the secure IC has its own way (`part.ts`). */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { servicePath } from '@keystile/authority';
import { programPath as brokerPath } from '@keystile/broker/program';
import type { HomePaths } from '../home/paths.ts';
import type { JsonLine, ProgramSpec } from '../processes/program.ts';
import type { ReleasePaths } from './release.ts';

type OnLine = (line: JsonLine) => void;

export function brokerProgram(paths: HomePaths, configuration: string, onLine: OnLine): ProgramSpec {
  return {
    name: 'broker',
    args: [fileURLToPath(brokerPath), '--config', configuration],
    cwd: paths.home,
    log: join(paths.run, 'broker.log'),
    isReady: (line) => line.ready === true,
    onLine,
  };
}

export interface AuthorityAddresses {
  readonly consolePort: number;
  readonly brokerPort: number;
  readonly websocketPort: number;
}

export function authorityProgram(paths: HomePaths, addresses: AuthorityAddresses, onLine: OnLine): ProgramSpec {
  return {
    name: 'authority',
    args: [
      fileURLToPath(servicePath),
      `--home=${paths.home}`,
      `--port=${addresses.consolePort}`,
      `--broker-url=mqtts://localhost:${addresses.brokerPort}`,
      `--websocket-url=wss://localhost:${addresses.websocketPort}`,
    ],
    cwd: paths.home,
    log: join(paths.run, 'authority.log'),
    isReady: (line) => line.ready === true,
    onLine,
  };
}

export interface FirmwareStart {
  readonly release: ReleasePaths;
  readonly bus: string;
  readonly brokerPort: number;
  readonly timeScale: number;
}

/** Ready when it is connected: a device that boots and cannot connect is no running system. */
export function airConditionerProgram(paths: HomePaths, start: FirmwareStart, onLine: OnLine): ProgramSpec {
  const { release } = start;
  return {
    name: 'air conditioner',
    args: [
      join(release.firmware, 'main.ts'),
      `--bus-path=${paths.busSocket}`,
      `--bus=${start.bus}`,
      `--pairing=${paths.hostPairing}`,
      `--control-path=${paths.controlSocket}`,
      `--configuration=${release.configuration}`,
      `--firmware-manifest=${release.firmwareManifest}`,
      `--configuration-manifest=${release.configurationManifest}`,
      `--port=${start.brokerPort}`,
      `--time-scale=${start.timeScale}`,
    ],
    cwd: paths.home,
    log: join(paths.run, 'air-conditioner.log'),
    isReady: (line) => line.event === 'connected',
    onLine,
  };
}
