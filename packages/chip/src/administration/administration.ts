import { createHash } from 'node:crypto';
import { equalPublicBytes } from '@keystile/bytes';
import {
  type AdministrationResponse,
  type AdministratorCommand,
  administrationResponse,
  administratorCommand,
  type CommitReceipt,
  commitReceipt,
  peekStatement,
} from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import type { PartMemory } from '../memory/part-memory.ts';
import type { PartState } from '../memory/part-state.ts';
import { demandObject } from '../objects/public-objects.ts';
import type { PartTime } from '../time/part-time.ts';
import { checkCommand, digestOf } from './check-command.ts';
import { AdministratorNonces } from './nonces.ts';
import { applyOperations, rulesOf } from './operations/index.ts';
import type { AdministrationRecord, LastCommand, Proof } from './record.ts';
import { type SignedCommand, verifyCommand } from './signed-command.ts';
import { CommitWindow } from './window.ts';

/**
 * The remote administrator's work on this part (ARCHITECTURE section 6.3).
 *
 *   signed command ── at once ──────────────────────────────────────────────► committed
 *        └───────── staged ──(a full handshake, as the command names it)──► proved ──(receipt)──► committed
 *                      └──────────────── window over ──────────────┴──────────────────────────► rolled back
 *
 * A staged change is nothing but its command in the memory: nothing that works looks at it, except the connection that
 * proves it. To roll back is to forget it. What a command changes, it changes in one write, its number with it.
 */
export interface AdministrationOptions {
  readonly memory: PartMemory;
  readonly time: PartTime;
  readonly poweredMs: () => number;
}

/** A command that has been judged, and what the part would be after it. */
export interface PlannedCommand {
  readonly command: AdministratorCommand;
  readonly changes: readonly string[];
  readonly after: PartState;
}

/** What the caller has to end after a change was committed. */
export interface CommittedChange {
  readonly endsSessions: boolean;
  readonly isTerminated: boolean;
}

/** A staged change as its proof connection sees it. */
export interface CandidateChange {
  readonly command: AdministratorCommand;
  readonly state: PartState;
  /** Names the command, for {@link Administration.prove}. */
  readonly commandDigest: Uint8Array;
}

const NOTHING_ENDED: CommittedChange = { endsSessions: false, isTerminated: false };

export class Administration {
  readonly nonces: AdministratorNonces = new AdministratorNonces();
  readonly #memory: PartMemory;
  readonly #time: PartTime;
  readonly #window: CommitWindow;

  constructor({ memory, time, poweredMs }: AdministrationOptions) {
    this.#memory = memory;
    this.#time = time;
    this.#window = new CommitWindow(poweredMs);
  }

  /** Judges a command and says what it would change. Changes nothing. */
  plan(bytes: Uint8Array): PlannedCommand {
    const { signed, after } = this.#judge(bytes);
    const { command } = signed;
    return { command, after, changes: command.operations.map((operation) => rulesOf(operation).describe(operation)) };
  }

  /** Carries a command out, or stages it. */
  execute(bytes: Uint8Array): CommittedChange {
    const { signed, after } = this.#judge(bytes);
    const { command, digest } = signed;
    this.nonces.use(command.nonce);
    const last = { commandDigest: digest, sequence: command.sequence, proof: undefined };
    if (command.effect === 'at-once') {
      return this.#commit(command, withRecord(counted(after, signed), { ...last, outcome: 'committed' }));
    }
    const { windowPoweredS, windowResets } = command;
    this.#window.begin();
    this.#memory.commit((before) =>
      withRecord(
        counted(before, signed),
        { ...last, outcome: 'staged' },
        { command: bytes, windowPoweredS, windowResets, usedS: 0, bootCount: before.bootCount },
      ),
    );
    return NOTHING_ENDED;
  }

  /** The staged change, for a proof connection. Throws `KS-C211`. */
  candidate(): CandidateChange {
    const { command, last } = this.#staged();
    return { command, state: this.#applied(this.#memory.state, command), commandDigest: last.commandDigest };
  }

  /** A full handshake has shown what the command asks for. The first one counts: a receipt is over it. */
  prove(commandDigest: Uint8Array, proof: Proof): void {
    const { last } = this.#memory.state.administration;
    if (last?.outcome !== 'staged' || !equalPublicBytes(last.commandDigest, commandDigest)) return;
    this.#memory.commit((before) =>
      withRecord(before, { ...last, outcome: 'proved', proof }, before.administration.staged),
    );
  }

  /** Commits the staged change. Throws `KS-C211`, `KS-C213` or `KS-C214`. */
  receive(receipt: Uint8Array): CommittedChange {
    const { command, last } = this.#staged();
    const stated = this.#verifiedReceipt(receipt);
    const { serial } = this.#memory.state;
    if (stated.serial !== serial) {
      throw new KeystileError('KS-C214', `the receipt is for part ${stated.serial}, this is ${serial}`);
    }
    if (!equalPublicBytes(stated.commandDigest, last.commandDigest)) {
      throw new KeystileError('KS-C214', 'the receipt is over another command than the one that is staged');
    }
    if (last.outcome !== 'proved') throw new KeystileError('KS-C213', 'no handshake has proved the staged change yet');
    if (!equalPublicBytes(stated.proofDigest, proofDigest(this.response()))) {
      throw new KeystileError('KS-C214', 'the receipt is over another proof than the one that the part has stated');
    }
    const after = this.#applied(this.#memory.state, command);
    return this.#commit(command, withRecord(after, { ...last, outcome: 'committed' }));
  }

  /** What has become of the last command, to be signed. Throws `KS-C211`. */
  response(): AdministrationResponse {
    const { state } = this.#memory;
    const { last } = state.administration;
    if (last === undefined) throw new KeystileError('KS-C211', 'no administrator has commanded this part yet');
    return {
      serial: state.serial,
      lifeCycle: state.lifeCycle === 'terminated' ? 'terminated' : 'operational',
      commandDigest: last.commandDigest,
      sequence: last.sequence,
      outcome: last.outcome,
      anchorsDigest: digestOf(state, 'anchors'),
      policiesDigest: digestOf(state, 'policies'),
      administratorKeysDigest: digestOf(state, 'administrator-keys'),
      proof: last.proof === undefined ? [] : [last.proof],
    };
  }

  /** Rolls a staged change back once its window is over, and counts the window. To be called before every command. */
  settle(): void {
    const { state, tamperCause } = this.#memory;
    const { staged, last } = state.administration;
    // Nothing is written to a tampered part any more, and nothing of it can be proved.
    if (staged === undefined || last === undefined || tamperCause !== undefined) return;
    const verdict = this.#window.verdict(staged, state);
    if (verdict === 'over')
      this.#memory.commitStart((before) => withRecord(before, { ...last, outcome: 'rolled-back' }));
    if (verdict === 'count') {
      const counting = this.#window.counted(staged);
      this.#memory.commitStart((before) => ({
        ...before,
        administration: { ...before.administration, staged: counting },
      }));
    }
  }

  #judge(bytes: Uint8Array): { readonly signed: SignedCommand; readonly after: PartState } {
    const { state } = this.#memory;
    const signed = verifyCommand(state, bytes);
    checkCommand(signed, { state, nowMs: this.#time.nowMs, nonces: this.nonces });
    return { signed, after: this.#applied(state, signed.command, signed.signedBy) };
  }

  #applied(
    state: PartState,
    command: AdministratorCommand,
    signedBy: SignedCommand['signedBy'] = 'current',
  ): PartState {
    return applyOperations(state, command.operations, { nowMs: this.#time.nowMs, signedBy });
  }

  #commit({ operations }: AdministratorCommand, after: PartState): CommittedChange {
    const before = this.#memory.state;
    this.#memory.commit(() => after);
    if (after.timeFloorMs !== before.timeFloorMs) this.#time.moveTo(after.timeFloorMs);
    return {
      endsSessions: operations.some((operation) => rulesOf(operation).endsSessions),
      isTerminated: after.lifeCycle === 'terminated',
    };
  }

  #staged(): { readonly command: AdministratorCommand; readonly last: LastCommand } {
    const { staged, last } = this.#memory.state.administration;
    if (staged === undefined || last === undefined) throw new KeystileError('KS-C211', 'no change is staged');
    return { command: administratorCommand.decode(peekStatement(staged.command).payload), last };
  }

  #verifiedReceipt(receipt: Uint8Array): CommitReceipt {
    try {
      return commitReceipt.verify(receipt, demandObject(this.#memory.state, 'receipt-key'));
    } catch (cause) {
      if (cause instanceof KeystileError && cause.code.startsWith('KS-S')) {
        throw new KeystileError('KS-C214', `${cause.detail} (${cause.code})`, { cause });
      }
      throw cause;
    }
  }
}

/** SHA-256 over what the part states of its proof: the payload, since a signature is never the same twice. */
function proofDigest(response: AdministrationResponse): Uint8Array {
  return new Uint8Array(createHash('sha256').update(administrationResponse.encode(response)).digest());
}

function withRecord(state: PartState, last: LastCommand, staged?: AdministrationRecord['staged']): PartState {
  return { ...state, administration: { ...state.administration, last, staged } };
}

/** The number of an accepted command is used, and with it all below. */
function counted(state: PartState, { command, signer }: SignedCommand): PartState {
  const others = state.administration.sequences.filter(({ keyDigest }) => !equalPublicBytes(keyDigest, signer));
  const sequences = [...others, { keyDigest: signer, last: command.sequence }];
  return { ...state, administration: { ...state.administration, sequences } };
}
