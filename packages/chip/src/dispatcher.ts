import { KeystileError } from '@keystile/errors';
import {
  type Command,
  type CommandName,
  commands,
  decodeRequest,
  encodeAccepted,
  type RequestOrigin,
} from '@keystile/link';
import { checkAccess, checkPairing } from './access/check.ts';
import { type AccessFacts, accessRules } from './access/rules.ts';
import type { CommandHandler } from './commands/handler.ts';
import { handlers } from './commands/index.ts';
import { lifeCycleOf } from './memory/life-cycle.ts';
import type { Part } from './part.ts';
import { paced } from './timing/pace.ts';

/**
 * From request bytes to response bytes, the one way into every command: opcode, health, fields, access rules, throttle,
 * handler. Throws what the host is to be told, once the log knows of it.
 */
export async function dispatch(part: Part, request: Uint8Array, origin: RequestOrigin): Promise<Uint8Array> {
  const name = commandNames.get(request[0] ?? -1);
  try {
    return await carryOut(part, name ?? unknown(request), { request, origin });
  } catch (error) {
    const code = error instanceof KeystileError ? error.code : 'KS-C100';
    part.log.note('command-refused', name === undefined ? code : `${code} ${commands[name].name}`);
    throw error;
  }
}

interface Received {
  readonly request: Uint8Array;
  readonly origin: RequestOrigin;
}

async function carryOut(part: Part, name: CommandName, { request, origin }: Received): Promise<Uint8Array> {
  const command: AnyCommand = commands[name];
  const handler: AnyHandler = handlers[name];
  demandHealth(part, name);
  const fields = decodeRequest(command, request);
  const usesDeviceKey = handler.usesDeviceKey?.(part, fields) ?? false;
  const rule = accessRules[name];
  const facts = factsOf(part, origin, usesDeviceKey);
  checkPairing(command.name, rule, facts);
  // A staged change whose window is over is rolled back before anything else can see it.
  if (part.health.fault === undefined) part.administration.settle();
  // Whoever speaks TLS, also in vain, is no first-stage loader: what runs now is not to be measured as one.
  if (command.group === 'tls') part.boot.disarm();
  checkAccess(command.name, rule, facts);
  part.throttle.demand(name);
  if (part.health.fault === undefined) part.log.flushDue();
  const wasTampered = part.memory.tamperCause !== undefined;
  const result = await paced(part.pace, () => observed(part, name, async () => handler.handle(part, fields, origin)));
  // The event may have come while the command waited for the vault or its time: what it made is not given out.
  if (!wasTampered && part.memory.tamperCause !== undefined) {
    throw new KeystileError('KS-C113', `a tamper event came while ${command.name} was carried out`);
  }
  demandHealth(part, name);
  return encodeAccepted(command.result, result);
}

/** Runs the handler and sees to what it has done: writes are charged, a test that failed meanwhile ends everything. */
async function observed<T>(part: Part, name: CommandName, run: () => Promise<T>): Promise<T> {
  const { commits } = part.memory;
  try {
    return await run();
  } finally {
    if (part.health.fault !== undefined) halt(part);
    part.throttle.charge(name, part.memory.commits - commits);
  }
}

function demandHealth({ health: { fault } }: Part, name: CommandName): void {
  if (fault === undefined || accessRules[name].inErrorState === true) return;
  throw new KeystileError(fault.code, `${commands[name].name} is refused until the part is reset: ${fault.detail}`);
}

/** Into the error state: no key that is open stays open. */
function halt({ health, sessions, boot, log }: Part): void {
  sessions.discardAll('boot');
  boot.fail();
  if (health.fault !== undefined) log.note('self-test-failed', health.fault.code);
}

/**
 * The tables pair each command with its own handler, which their types demand; a lookup by a name that is known only
 * at run time cannot say so.
 */
type AnyCommand = Command<unknown, unknown>;
type AnyHandler = CommandHandler<AnyCommand>;

const commandNames: ReadonlyMap<number, CommandName> = new Map(
  (Object.keys(commands) as CommandName[]).map((name) => [commands[name].opcode, name]),
);

function unknown([opcode]: Uint8Array): never {
  const said = opcode === undefined ? 'an empty request' : `opcode 0x${opcode.toString(16).padStart(2, '0')}`;
  throw new KeystileError('KS-C101', `${said} is no command of this part`);
}

function factsOf(part: Part, origin: RequestOrigin, usesDeviceKey: boolean): AccessFacts {
  const { memory, boot, provisioning, pairing } = part;
  return {
    lifeCycle: lifeCycleOf(memory),
    isTampered: memory.tamperCause !== undefined,
    hasProvisioningSession: provisioning !== undefined,
    bootState: boot.state,
    isBootArmed: boot.isArmed,
    usesDeviceKey,
    hasHostKey: memory.state.objects.has('host-pairing-key'),
    isFromHost: pairing.isFromHost(origin),
  };
}
