/**
 * Counts what `node --test` reports, test by test. It prints nothing and decides nothing but the counts.
 *
 * Suites are not counted, except a suite that was skipped whole: its tests are never reported. A file is reported as a
 * test of its own when it fails outside its tests (it throws on load, hangs, fails late), and also, passing, when it
 * holds no test at all: that one is a failure here, since a test file without tests looks green by accident.
 */

/** The part of Node's `test:pass` and `test:fail` events that is read. */
export interface TestEvent {
  readonly name: string;
  readonly file?: string | undefined;
  readonly skip?: string | boolean | undefined;
  readonly todo?: string | boolean | undefined;
  readonly details: { readonly type?: string | undefined; readonly error?: unknown };
}

export interface Failure {
  readonly file: string;
  readonly name: string;
  readonly error: unknown;
}

export interface Skip {
  readonly file: string;
  readonly name: string;
  readonly reason: string;
}

export class Tally {
  passed = 0;
  readonly failures: Failure[] = [];
  readonly skips: Skip[] = [];
  readonly #filesWithTests = new Set<string>();

  pass(event: TestEvent): void {
    const file = event.file ?? '';
    const isSuite = event.details.type === 'suite';
    if (isMarked(event.skip) || isMarked(event.todo)) {
      this.#filesWithTests.add(file);
      this.skips.push({ file, name: event.name, reason: reasonOf(event) });
    } else if (!isSuite && !isFileItself(event)) {
      this.#filesWithTests.add(file);
      this.passed += 1;
    }
  }

  fail(event: TestEvent): void {
    const file = event.file ?? event.name;
    this.#filesWithTests.add(file);
    if (isMarked(event.todo)) this.skips.push({ file, name: event.name, reason: reasonOf(event) });
    else if (event.details.type !== 'suite' || !isOnlyBecauseOfSubtests(event.details.error)) {
      this.failures.push({ file, name: event.name, error: event.details.error });
    }
  }

  /** Call at the end: every file that was asked for must have run a test or said why not. */
  close(files: readonly string[]): void {
    for (const file of files) {
      if (this.#filesWithTests.has(file)) continue;
      this.failures.push({ file, name: 'the file itself', error: new Error('no test ran in this file') });
    }
    if (files.length === 0)
      this.failures.push({ file: '', name: 'the run', error: new Error('no test files were found') });
  }

  get line(): string {
    return `${this.passed} passed, ${this.failures.length} failed, ${this.skips.length} skipped`;
  }
}

/** Node gives a reason as a string, `true` without one, and sometimes the empty string, which is a mark too. */
function isMarked(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false;
}

function reasonOf({ skip, todo }: TestEvent): string {
  if (isMarked(todo)) return typeof todo === 'string' && todo !== '' ? `to do: ${todo}` : 'to do';
  return typeof skip === 'string' && skip !== '' ? skip : 'no reason given';
}

function isFileItself({ name, file }: TestEvent): boolean {
  return file !== undefined && (name === file || (/\.test\.[cm]?[jt]s$/.test(name) && file.endsWith(name)));
}

function isOnlyBecauseOfSubtests(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'failureType' in error && error.failureType === 'subtestsFailed'
  );
}
