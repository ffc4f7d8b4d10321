/**
 * What a test needs that runs the part in its own process: everything but the firmware itself, which takes a while to
 * load and which such a test must not touch.
 */
export { type EchoOptions, type EchoServer, echoServer } from './echo-server.ts';
export { ProcessPart } from './process-part.ts';
export { ocspAnswer, opensslMissing, revocationList, serialNumberOf } from './revocation.ts';
export { strangerAuthority } from './server-credential.ts';
export { SERVER_NAME, TestFleet } from './test-fleet.ts';
