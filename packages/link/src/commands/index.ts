import type { Command } from '../command.ts';
import { bootBegin } from './boot-begin.ts';
import { bootCommit } from './boot-commit.ts';
import { bootUpdate } from './boot-update.ts';
import { bootVerify } from './boot-verify.ts';
import { csr } from './csr.ts';
import { generate } from './generate.ts';
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

/** Every command that the part knows. The dispatcher, the access table and the reference are checked against it. */
export const commands = {
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
} as const;

export type CommandName = keyof typeof commands;

/** Any command, when only its name and opcode matter. */
export type AnyCommand = Command<never, unknown>;
