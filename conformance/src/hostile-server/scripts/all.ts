import type { ScriptedCase } from '../script.ts';
import { alerts } from './alerts.ts';
import { everyStep } from './every-step.ts';
import { tls12Connected } from './tls12-connected.ts';
import { tls12Finished } from './tls12-finished.ts';
import { tls12Flight } from './tls12-flight.ts';
import { tls12Hello } from './tls12-hello.ts';
import { tls12Resumption } from './tls12-resumption.ts';
import { tls13Connected } from './tls13-connected.ts';
import { tls13Flight } from './tls13-flight.ts';
import { tls13Hello } from './tls13-hello.ts';
import { tls13Records } from './tls13-records.ts';
import { tls13Resumption } from './tls13-resumption.ts';

/** Every scripted case. The names are different from each other. */
export const scriptedCases: readonly ScriptedCase[] = [
  ...tls13Hello,
  ...tls13Flight,
  ...tls13Records,
  ...tls13Connected,
  ...tls13Resumption,
  ...tls12Hello,
  ...tls12Flight,
  ...tls12Finished,
  ...tls12Connected,
  ...tls12Resumption,
  ...everyStep,
  ...alerts,
];
