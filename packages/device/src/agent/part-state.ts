import { X509Certificate } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import { chainFields, commands, decodeField } from '@keystile/link';
import { readObject } from '../objects.ts';
import type { Part } from '../part.ts';

/** The part's state, as far as the agent acts on it. */
export interface PartStatus {
  /** Of the part's own clock; the host's is asked for nothing. */
  readonly nowMs: number;
  readonly bootCount: number;
  /** Changes with each write: a renewed certificate that took over is one. */
  readonly nvmGeneration: number;
}

/** Throws `KS-D131` for a part that will not authenticate: its boot has not passed, it was tampered with, it is faulty. */
export async function demandReady(part: Part): Promise<PartStatus> {
  const status = await part.call(commands.status, {});
  const { lifeCycle, bootState, errorState, tampered, nowMs, bootCount, nvmGeneration } = status;
  if (errorState !== '') throw new KeystileError('KS-D131', `the part is in its error state: ${errorState}`);
  if (tampered || lifeCycle !== 'operational') throw new KeystileError('KS-D131', `the part is ${lifeCycle}`);
  if (bootState !== 'passed') throw new KeystileError('KS-D131', `its boot is '${bootState}'`);
  return { nowMs, bootCount, nvmGeneration };
}

/** The device's certificate in use. Throws the part's refusal. */
export async function deviceCertificate(part: Part): Promise<X509Certificate | undefined> {
  const [leaf] = decodeField(chainFields, await readObject(part, 'ldevid-chain'));
  return leaf === undefined ? undefined : new X509Certificate(leaf);
}

/** `<id>` of `urn:keystile:<fleet>:<role>:<id>` in the certificate. */
export function deviceIdOf(certificate: X509Certificate | undefined): string | undefined {
  return /(?:^|, )URI:urn:keystile:[^:,]+:[^:,]+:([^:,]+)(?:,|$)/.exec(certificate?.subjectAltName ?? '')?.[1];
}
