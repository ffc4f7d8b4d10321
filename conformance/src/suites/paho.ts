import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { insecureListener, rulesFor, TestBroker } from '../../../packages/broker/test/support/test-broker.ts';
import { TestFleet } from '../../../packages/broker/test/support/test-fleet.ts';
import type { CaseResult, Suite, SuiteOptions } from '../suite.ts';

/**
 * Eclipse Paho's interoperability tests, by their own Python clients, against the running broker. `--runner` names the
 * folder `interoperability` of a checkout of eclipse/paho.mqtt.testing, which is not part of the project.
 */
export const suite: Suite = {
  title: "Eclipse Paho's interoperability tests of a broker (--runner: their folder interoperability)",
  run,
};

const modules = ['client_test', 'client_test5'] as const;
const program = fileURLToPath(new URL('../../paho/run.py', import.meta.url));
/** Their cases wait for expiries and delays; the longer module takes two minutes. */
const MODULE_MS_MAX = 300_000;

/** One topic that may not be subscribed to, answered as the tests' own server does; keep alive of a minute. */
const configuration = `${insecureListener(`identity = "urn:keystile:home:application:tests"
client_ids = "any"
[listener.limits]
keep_alive_seconds = 60
`)}${['#', '$TopicA/#', '$client_test5/#'].map((filter) => rulesFor(['application'], filter)).join('')}
[[rule]]
roles = ["application"]
action = "subscribe"
effect = "deny"
silent = true
topics = ["test/nosubscribe"]

[clients_at_once]
application = 1000
`;

async function* run({ runner }: SuiteOptions): AsyncGenerator<CaseResult> {
  const missing = missingFor(runner);
  if (missing !== undefined || runner === undefined) {
    yield { outcome: 'skipped', case: 'paho', reason: missing ?? '' };
    return;
  }
  const broker = await TestBroker.start(await TestFleet.make(), configuration);
  try {
    for (const module of modules) yield* runModule(runner, module, broker.port('insecure'));
  } finally {
    await broker.close();
  }
}

function missingFor(runner: string | undefined): string | undefined {
  if (runner === undefined) return '--runner does not name the folder interoperability (conformance/README.md)';
  if (!existsSync(join(runner, 'client_test5.py'))) return `${runner} holds no client_test5.py`;
  return spawnSync('python3', ['--version']).status === 0 ? undefined : 'python3 is not installed';
}

async function* runModule(folder: string, module: string, port: number): AsyncGenerator<CaseResult> {
  const child = spawn('python3', [program, folder, module, String(port)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: MODULE_MS_MAX,
  });
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as CaseResult;
  const code = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
  if (code !== 0) yield { outcome: 'failed', case: module, reason: `python3 ended with ${code}` };
}
