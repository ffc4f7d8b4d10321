import { CONFIRMATION_LENGTH } from '../channel/key-schedule.ts';
import { X25519_LENGTH } from '../channel/x25519.ts';
import { command } from '../command.ts';
import { bytes16, fixed, record } from '../fields.ts';

export const pairBegin = command({
  name: 'PAIR_BEGIN',
  opcode: 0x60,
  group: 'pairing',
  summary:
    "Begins the exchange that a channel between host and part comes of. Within a provisioning session any host may; after it, only the host whose key the part holds. The part's key is the same for its whole life.",
  request: record({
    /** X25519, static. */
    hostKey: fixed(X25519_LENGTH),
    /** X25519, fresh for this exchange. */
    hostEphemeral: fixed(X25519_LENGTH),
  }),
  result: record({
    partKey: fixed(X25519_LENGTH),
    partEphemeral: fixed(X25519_LENGTH),
    /** Shows that the part holds the private half of `partKey`. */
    confirmation: fixed(CONFIRMATION_LENGTH),
    /** COSE_Sign1, content type of pairing evidence, within a provisioning session; else empty. */
    evidence: bytes16(1024),
  }),
});
