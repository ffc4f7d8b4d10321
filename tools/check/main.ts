import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * `npm run check`: every check that needs no running product, two at a time, one line each. What a failed check printed
 * follows its line. Format and imports are mended by `npm run check -- --write`.
 */

interface Step {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
}

interface Result {
  readonly step: Step;
  readonly ok: boolean;
  readonly ms: number;
  readonly output: string;
}

const STEPS_AT_ONCE = 2;

const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = (name: string): string => `${root}node_modules/.bin/${name}`;
const tool = (name: string): Step => ({ name, command: [process.execPath, `tools/${name}/main.ts`] });
const biome = process.argv.includes('--write') ? ['check', '--write', '.'] : ['check', '.'];

/** The longest first, so that the short ones fill the other place. */
const steps: readonly Step[] = [
  { name: 'types', command: [bin('tsc'), '-p', '.'] },
  { name: 'dead code', command: [bin('knip'), '--no-progress'] },
  { name: 'format, lint', command: [bin('biome'), ...biome] },
  tool('boundaries'),
  tool('tidy'),
  tool('errors'),
  tool('reference'),
  tool('lock'),
];

const startedAt = performance.now();
const results: Result[] = [];
const waiting = [...steps];
await Promise.all(Array.from({ length: STEPS_AT_ONCE }, worker));

const failed = results.filter((result) => !result.ok).map(({ step }) => step.name);
const total = ((performance.now() - startedAt) / 1000).toFixed(1);
process.stdout.write(
  failed.length === 0 ? `all ${steps.length} checks pass, ${total} s\n` : `failed: ${failed.join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

async function worker(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const result = await runStep(step);
    results.push(result);
    report(result);
  }
}

function runStep(step: Step): Promise<Result> {
  const [program, ...args] = step.command;
  const from = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    const end = (ok: boolean, more = '') => {
      resolve({ step, ok, ms: performance.now() - from, output: Buffer.concat(chunks).toString('utf8') + more });
    };
    child.once('error', (error) => end(false, error.message));
    child.once('close', (code) => end(code === 0));
  });
}

/** A check that passed says its last line, which counts what it saw. */
function report({ step, ok, ms, output }: Result): void {
  const lastLine = output.trim().split('\n').at(-1) ?? '';
  const head = `${ok ? 'ok    ' : 'FAILED'}  ${step.name.padEnd(14)} ${(ms / 1000).toFixed(1).padStart(5)} s`;
  process.stdout.write(ok ? `${head}  ${lastLine}\n` : `${head}\n${output.trim().replaceAll(/^/gm, '        ')}\n`);
}
