export { callCommand, type Exchange, errorOf } from './call.ts';
export { LinkPairing, type RequestOrigin } from './channel/link-pairing.ts';
export {
  type ExchangeOptions,
  HostExchange,
  type PairBegin,
  type PairBegun,
  type PairFinish,
  type PairingStatement,
  PartExchange,
} from './channel/pairing-exchange.ts';
export { CHANNEL_FRAMES_MAX, SEAL_LENGTH, type SecureChannel } from './channel/secure-channel.ts';
export { X25519_LENGTH, X25519Key, x25519PublicKey, x25519Spki } from './channel/x25519.ts';
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
export { type LogPosition, verifyLogPiece } from './objects/log-verifier.ts';
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
export {
  LOG_CHAIN_LENGTH,
  LOG_DETAIL_MAX,
  LOG_READ_MAX,
  type LogEntry,
  type LogEventName,
  type LogSegmentName,
  logEntryFields,
  logSegmentNames,
  nextLogChain,
} from './objects/part-log.ts';
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
