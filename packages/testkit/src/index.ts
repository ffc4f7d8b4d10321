export { TestClock } from './clock.ts';
export { type EchoOptions, type EchoServer, echoServer } from './echo-server.ts';
export { InProcessBus, type Transfer, type TransferFault } from './in-process-bus.ts';
export { InProcessPart, type InProcessPartOptions, PowerFailure } from './in-process-part.ts';
export { MemorySlots, type StoredSlots } from './memory-slots.ts';
export { ProcessPart } from './process-part.ts';
export { type ListRequest, ocspAnswer, opensslMissing, revocationList, serialNumberOf } from './revocation.ts';
export { type ServerCredential, type ServerRequest, strangerAuthority } from './server-credential.ts';
export { es256Signer, type ReleaseOptions, SERVER_NAME, TestFleet } from './test-fleet.ts';
