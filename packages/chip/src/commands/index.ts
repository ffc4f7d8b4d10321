import type { CommandName, commands } from '@keystile/link';
import { bootBegin } from './boot-begin.ts';
import { bootCommit } from './boot-commit.ts';
import { bootUpdate } from './boot-update.ts';
import { bootVerify } from './boot-verify.ts';
import { csr } from './csr.ts';
import { generate } from './generate.ts';
import type { CommandHandler } from './handler.ts';
import { info } from './info.ts';
import { list } from './list.ts';
import { logRead } from './log-read.ts';
import { makerBegin } from './maker-begin.ts';
import { makerFinish } from './maker-finish.ts';
import { pairBegin } from './pair-begin.ts';
import { pairFinish } from './pair-finish.ts';
import { provisionBegin } from './provision-begin.ts';
import { provisionLock } from './provision-lock.ts';
import { provisionWrite } from './provision-write.ts';
import { random } from './random.ts';
import { read } from './read.ts';
import { reset } from './reset.ts';
import { selfTest } from './self-test.ts';
import { status } from './status.ts';
import { timeChallenge } from './time-challenge.ts';
import { timeToken } from './time-token.ts';
import { tlsClose } from './tls-close.ts';
import { tlsKeyUpdate } from './tls-key-update.ts';
import { tlsOpen } from './tls-open.ts';
import { tlsPull } from './tls-pull.ts';
import { tlsPush } from './tls-push.ts';
import { tlsRead } from './tls-read.ts';
import { tlsRevocation } from './tls-revocation.ts';
import { tlsStatus } from './tls-status.ts';
import { tlsWrite } from './tls-write.ts';
import { traceRead } from './trace-read.ts';

/** What carries out each command. The type demands that none is missing. */
export const handlers: { readonly [Name in CommandName]: CommandHandler<(typeof commands)[Name]> } = {
  info,
  status,
  selfTest,
  reset,
  random,
  list,
  read,
  makerBegin,
  makerFinish,
  provisionBegin,
  provisionWrite,
  provisionLock,
  generate,
  csr,
  bootBegin,
  bootUpdate,
  bootVerify,
  bootCommit,
  timeChallenge,
  timeToken,
  tlsOpen,
  tlsPush,
  tlsPull,
  tlsRead,
  tlsWrite,
  tlsStatus,
  tlsKeyUpdate,
  tlsClose,
  traceRead,
  tlsRevocation,
  pairBegin,
  pairFinish,
  logRead,
};
