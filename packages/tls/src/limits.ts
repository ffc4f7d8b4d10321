/** Every limit of the engine, each with its reason. */

/** Plaintext of one record, RFC 8446 §5.1. */
export const plaintextLengthMax = 16_384;

/** What protection may add to a record: the inner content type, padding and tag, RFC 8446 §5.2. */
export const ciphertextOverheadMax = 256;

/** Handshake bytes accepted before the server's Finished: room for 16 certificates, not for filling a part's memory. */
export const handshakeBytesMax = 64 * 1024;

/** One message after the handshake. Tickets of known servers stay under 2 KiB unless they carry a client chain. */
export const postHandshakeMessageMax = 16 * 1024;

/** Certificates in the server's message; the path validator has a smaller limit on the path itself. */
export const certificatesMax = 16;

/** change_cipher_spec records that middlebox compatibility may bring; honest servers send one or two. */
export const changeCipherSpecsMax = 8;

/** Records in a row without content. They are legal (RFC 8446 §5.1) and cost decryption, so a flood is refused. */
export const emptyRecordsMax = 32;

/** Post-handshake messages (tickets, key updates) without application data between them. */
export const postHandshakeMessagesMax = 32;

/** `user_canceled` alerts are ignored (RFC 8446 §6.1), but not for ever. */
export const warningAlertsMax = 4;

/** HelloRequests in a row, without application data between them, that TLS 1.2 lets a server send and us decline. */
export const helloRequestsMax = 4;

/** Decrypted bytes that wait to be read. Above it the engine stops decrypting until the caller reads. */
export const readableHighWater = 64 * 1024;

/** Received bytes that wait behind {@link readableHighWater} or a pending signature; above it the caller is at fault. */
export const inboundBacklogMax = 256 * 1024;

/** Produced bytes that wait to be taken; above it `write` refuses. */
export const outputBacklogMax = 1024 * 1024;

/** One exporter value. RFC 5869 allows 255 blocks, which is four times this for the shorter hash; no use needs more. */
export const exporterLengthMax = 1024;

/** Smallest record_size_limit a peer may ask for, RFC 8449 §4. */
export const recordSizeLimitMin = 64;

/** RFC 8446 §4.6.1 lets a client keep a ticket for seven days; here a session without a new signature lasts one. */
export const sessionAgeMsMax = 24 * 60 * 60 * 1000;

/** A ticket that is longer is not kept: it would fill a small part's memory, and every hello that offers it. */
export const ticketLengthMax = 4096;

/** Tickets for one and the same key: one for the next connection and one for a second beside it. */
export const ticketsPerKeyMax = 2;

/** Tickets in one store by default: twice the sessions of a part. */
export const ticketsMax = 8;
