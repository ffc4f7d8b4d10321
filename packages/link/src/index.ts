export { callCommand, type Exchange, errorOf } from './call.ts';
export { type Command, type CommandGroup, decodeRequest, encodeRequest } from './command.ts';
export { BOOT_CHUNK_MAX } from './commands/boot-update.ts';
export { type AnyCommand, type CommandName, commands } from './commands/index.ts';
export { PROVISION_CHUNK_MAX } from './commands/provision-write.ts';
export { READ_MAX } from './commands/read.ts';
export type { BusMaster, LinkCounters } from './exchange/bus-master.ts';
export { HostLink, type HostLinkOptions } from './exchange/host-link.ts';
export { MESSAGE_MAX } from './exchange/message.ts';
export { PartLink, type PartLinkOptions } from './exchange/part-link.ts';
export {
  bytes16,
  choice,
  decodeField,
  encodeField,
  type Field,
  fixed,
  flag,
  list,
  optional,
  type RecordOf,
  record,
  text,
  u8,
  u16,
  u32,
  u64,
  type ValueOf,
} from './fields.ts';
export {
  encodeFrame,
  FRAME_OVERHEAD,
  type Frame,
  PAYLOAD_DEFAULT,
  PAYLOAD_MAX,
  PROTOCOL_VERSION,
} from './frame/frame.ts';
export { administratorKeysFields } from './objects/administrator-keys.ts';
export { anchorsFields, chainFields } from './objects/certificates.ts';
export { identityFields, type PartIdentity } from './objects/identity.ts';
export {
  type BootState,
  bootStateNames,
  type KeySlot,
  keySlotNames,
  type LifeCycle,
  lifeCycleNames,
  type ObjectName,
  objectNames,
} from './objects/names.ts';
export { type Policy, type PolicyPurpose, policiesFields } from './objects/policies.ts';
export { TLS_CHUNK_MAX, type TlsPhase, type TlsProgress } from './objects/tls-progress.ts';
export {
  decodeResponse,
  encodeAccepted,
  encodeRefused,
  type Refusal,
  type Response,
  type StatusName,
  statusNames,
} from './status.ts';
