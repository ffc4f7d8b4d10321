import { KeystileError } from '@keystile/errors';
import { type Command, type CommandName, commands, decodeRequest, encodeAccepted } from '@keystile/link';
import { checkAccess } from './access/check.ts';
import { type AccessFacts, accessRules } from './access/rules.ts';
import type { CommandHandler } from './commands/handler.ts';
import { handlers } from './commands/index.ts';
import { lifeCycleOf } from './memory/life-cycle.ts';
import type { Part } from './part.ts';
import { paced } from './timing/pace.ts';

/**
 * From request bytes to response bytes, the one way into every command: opcode, fields, access rules, handler.
 * Throws what the host is to be told.
 */
export async function dispatch(part: Part, request: Uint8Array): Promise<Uint8Array> {
  const name = commandOf(request[0]);
  const command: AnyCommand = commands[name];
  const handler: AnyHandler = handlers[name];
  const fields = decodeRequest(command, request);
  const usesDeviceKey = handler.usesDeviceKey?.(part, fields) ?? false;
  // Whoever speaks TLS, also in vain, is no first-stage loader: what runs now is not to be measured as one.
  if (command.group === 'tls') part.boot.disarm();
  checkAccess(command.name, accessRules[name], factsOf(part, usesDeviceKey));
  const wasTampered = part.memory.tamperCause !== undefined;
  const result = await paced(part.pace, async () => handler.handle(part, fields));
  // The event may have come while the command waited for the vault or its time: what it made is not given out.
  if (!wasTampered && part.memory.tamperCause !== undefined) {
    throw new KeystileError('KS-C113', `a tamper event came while ${command.name} was carried out`);
  }
  return encodeAccepted(command.result, result);
}

/**
 * The tables pair each command with its own handler, which their types demand; a lookup by a name that is known only
 * at run time cannot say so.
 */
type AnyCommand = Command<unknown, unknown>;
type AnyHandler = CommandHandler<AnyCommand>;

function commandOf(opcode: number | undefined): CommandName {
  const name = opcode === undefined ? undefined : commandsByOpcode.get(opcode);
  if (name !== undefined) return name;
  const said = opcode === undefined ? 'an empty request' : `opcode 0x${opcode.toString(16).padStart(2, '0')}`;
  throw new KeystileError('KS-C101', `${said} is no command of this part`);
}

const commandsByOpcode: ReadonlyMap<number, CommandName> = new Map(
  (Object.keys(commands) as CommandName[]).map((name) => [commands[name].opcode, name]),
);

function factsOf({ memory, boot, provisioning }: Part, usesDeviceKey: boolean): AccessFacts {
  return {
    lifeCycle: lifeCycleOf(memory),
    isTampered: memory.tamperCause !== undefined,
    hasProvisioningSession: provisioning !== undefined,
    bootState: boot.state,
    isBootArmed: boot.isArmed,
    usesDeviceKey,
  };
}
