import type { ErrorEntry } from '../entry.ts';

/** Errors and refusals of the broker. */
export const brokerErrors = {
  'KS-B100': {
    fault: 'misuse',
    title: 'configuration is not valid',
    cause: 'The broker configuration has an unknown key or a value outside its limits.',
    fix: 'Correct the key that the message names.',
  },
  'KS-B101': {
    fault: 'misuse',
    title: 'key file is open to others',
    cause: 'A private key file can be read or written by its group or by everybody.',
    fix: 'Run chmod 600 on the file that the message names, and treat the key as known to whoever could read it.',
  },
  'KS-B102': {
    fault: 'environment',
    title: 'file cannot be read',
    cause: 'A configuration, certificate or key file is missing or cannot be opened.',
    fix: 'Check the path and the owner of the file that the message names.',
  },
  'KS-B103': {
    fault: 'environment',
    title: 'address is in use',
    cause: 'Another program, perhaps another broker, listens on this port or Unix socket.',
    fix: 'Stop the other program or choose another port; port 0 takes a free one and reports it.',
  },
  'KS-B104': {
    fault: 'environment',
    title: 'address cannot be bound',
    cause: 'The operating system refuses to listen on this address.',
    fix: 'Check that the address belongs to this machine, that the folder of a Unix socket exists, and that the port needs no higher privilege.',
  },
  'KS-B105': {
    fault: 'misuse',
    title: 'certificate or key is not usable',
    cause: 'A certificate or key file is not valid PEM, or certificate and key do not belong together.',
    fix: 'Check the files that the message names: the certificate first in its file, then its chain, and the key of that certificate.',
  },
  'KS-B106': {
    fault: 'misuse',
    title: 'insecure listener outside loopback',
    cause: 'A listener without TLS was asked for on an address that other machines can reach.',
    fix: 'Use a TLS listener, or bind the insecure one to 127.0.0.1 or ::1.',
  },
  'KS-B107': {
    fault: 'misuse',
    title: 'insecure listener without consent',
    cause: 'The configuration names a listener without TLS, and the command line does not agree to it.',
    fix: 'Use a TLS listener; for a test on this machine, start the broker with --insecure-listener.',
  },
  'KS-B110': {
    fault: 'peer-misbehaved',
    title: 'the client broke the protocol',
    cause: 'A packet was malformed, too large, out of order or beyond an announced limit.',
    fix: 'The log names the packet and the clause. Update the client, or raise the limit that the message names.',
  },
  'KS-B111': {
    fault: 'peer-misbehaved',
    title: 'no CONNECT in time',
    cause: 'The connection was opened and no complete CONNECT followed within the limit.',
    fix: 'Look for a port scanner, a client of another protocol, or a network that loses packets.',
  },
  'KS-B112': {
    fault: 'peer-misbehaved',
    title: 'TLS handshake failed or took too long',
    cause: 'The client did not complete a TLS handshake with a certificate that this broker trusts.',
    fix: 'The log names the reason. Check the client certificate, its validity and its issuing CA.',
  },
  'KS-B113': {
    fault: 'peer-misbehaved',
    title: 'too many half-open connections',
    cause: 'One address has more connections that have not yet sent CONNECT than the limit allows.',
    fix: 'Look for a client that opens connections without using them; clients behind one address translator may need a higher limit.',
  },
  'KS-B114': {
    fault: 'peer-misbehaved',
    title: 'keep alive expired',
    cause: 'Nothing came from the client for one and a half times its keep alive interval.',
    fix: 'Check the network of the client, or let it ask for a longer keep alive.',
  },
  'KS-B115': {
    fault: 'peer-misbehaved',
    title: 'messages dropped for a slow subscriber',
    cause: 'The queue of a session is full: its client reads slower than others publish, or has been away for long.',
    fix: 'Subscribe to less, publish less, shorten the session expiry, or raise the queue limits.',
  },
  'KS-B116': {
    fault: 'peer-misbehaved',
    title: 'client does not read',
    cause: 'The network buffers of the client stayed full for so long that its connection was closed.',
    fix: 'Check the network and the load of the client; a persistent session gets what it missed when it connects again.',
  },
  'KS-B117': {
    fault: 'environment',
    title: 'internal fault of the broker',
    cause:
      'The broker met a condition that its design excludes. The connection concerned was closed, the others go on.',
    fix: 'Report it with the line of the log.',
  },
  'KS-B118': {
    fault: 'environment',
    title: 'listener is full',
    cause: 'The listener has as many connections as its limit allows.',
    fix: 'Raise connections of the listener, within the open files that the operating system allows, or add a listener.',
  },
  'KS-B120': {
    fault: 'peer-misbehaved',
    title: 'WebSocket upgrade without credentials',
    cause: 'The upgrade carried neither a client certificate nor a token.',
    fix: 'Sign in at the console, or connect with a client certificate.',
  },
  'KS-B121': {
    fault: 'peer-misbehaved',
    title: 'WebSocket origin not allowed',
    cause: 'The page that opened the WebSocket comes from an origin that is not configured.',
    fix: 'Add the origin of the console to origins of the WebSocket listener, or look for a foreign page that tries to use the session.',
  },
  'KS-B122': {
    fault: 'peer-misbehaved',
    title: 'token not valid',
    cause:
      'The token of a WebSocket upgrade is malformed, expired, not yet valid, signed by another key or bound to no operator.',
    fix: 'Ask the console for a new token; if that fails too, check the clocks and the token key in the broker configuration.',
  },
  'KS-B123': {
    fault: 'peer-incompatible',
    title: 'WebSocket without the subprotocol mqtt',
    cause: 'The upgrade does not offer the subprotocol mqtt, so the peer does not speak MQTT over WebSocket.',
    fix: 'Offer the subprotocol mqtt [MQTT-6.0.0-3].',
  },
  'KS-B124': {
    fault: 'peer-misbehaved',
    title: 'no WebSocket at this path',
    cause: 'The upgrade asks for another path than the one that the listener is configured for.',
    fix: 'Use the path of the WebSocket listener; it is / unless configured.',
  },
  'KS-B200': {
    fault: 'peer-misbehaved',
    title: 'no client certificate',
    cause: 'The client completed TLS without presenting a certificate.',
    fix: 'Configure certificate and key on the client.',
  },
  'KS-B201': {
    fault: 'peer-misbehaved',
    title: 'certificate names no identity',
    cause:
      'The certificate does not hold exactly one well-formed subject alternative name urn:keystile:<fleet>:<role>:<id>.',
    fix: 'Issue the certificate with the authority; other certificates are not accepted even when their CA is.',
  },
  'KS-B202': {
    fault: 'peer-misbehaved',
    title: 'issuing CA may not issue this identity',
    cause: 'The certificate names a fleet or role that its issuing CA is not configured for.',
    fix: 'If the CA should issue it, add fleet and role to the issuer in the broker configuration. Otherwise find out who issued the certificate.',
  },
  'KS-B203': {
    fault: 'peer-misbehaved',
    title: 'client id belongs to another identity',
    cause: 'The client id is neither the id of the certified identity nor that id with a suffix after a slash.',
    fix: 'Use <id> or <id>/<suffix> as the client id.',
  },
  'KS-B204': {
    fault: 'peer-misbehaved',
    title: 'one client id too many',
    cause: 'The identity has as many clients connected at once as its class allows.',
    fix: 'Close another client of the identity, or raise the limit of its role. If nobody else should be connected, the key may have been copied.',
  },
  'KS-B205': {
    fault: 'peer-misbehaved',
    title: 'too many sessions',
    cause: 'The identity keeps as many stored sessions as the limit allows.',
    fix: 'Reuse client ids, or let sessions expire.',
  },
  'KS-B206': {
    fault: 'peer-misbehaved',
    title: 'client id missing',
    cause: 'A client asked for a session that is kept, without a client id to find it by.',
    fix: 'Set a client id, or ask for a clean session.',
  },
  'KS-B207': {
    fault: 'peer-misbehaved',
    title: 'authentication method not supported',
    cause: 'The client asked for enhanced authentication with a method that this broker does not have.',
    fix: 'Connect without an authentication method, or with one that the broker is configured for, over mutual TLS.',
  },
  'KS-B208': {
    fault: 'peer-misbehaved',
    title: 'identity or certificate revoked',
    cause: 'The identity, or the serial number of the certificate, was revoked.',
    fix: 'If the revocation was an error, enrol the device anew; a revoked certificate never becomes valid again.',
  },
  'KS-B209': {
    fault: 'environment',
    title: 'broker is shutting down',
    cause: 'The broker drains its connections and takes no new ones.',
    fix: 'Connect again in a moment, or to another broker.',
  },
  'KS-B210': {
    fault: 'peer-misbehaved',
    title: 'IDevID certificate at the broker',
    cause:
      'The client presented a certificate without an end of life: the initial identity of a part, which is for enrolment only.',
    fix: 'Connect with the LDevID certificate; a device without a valid one gets it from the enrolment endpoint.',
  },
  'KS-B300': {
    fault: 'peer-misbehaved',
    title: 'publish not permitted',
    cause: 'No access rule lets the identity publish to this topic, or a rule denies it.',
    fix: 'Publish to the topics of the own identity, or add a rule.',
  },
  'KS-B301': {
    fault: 'peer-misbehaved',
    title: 'subscription not permitted',
    cause: 'The filter matches topics that no access rule lets the identity read.',
    fix: 'Narrow the filter, or add a rule.',
  },
  'KS-B302': {
    fault: 'peer-misbehaved',
    title: 'will not permitted',
    cause: 'The topic of the will is one that the identity may not publish to.',
    fix: 'Choose a will topic of the own identity, or add a rule.',
  },
  'KS-B303': {
    fault: 'peer-misbehaved',
    title: 'topic has too many levels',
    cause: 'A topic or filter has more levels than the broker takes.',
    fix: 'Shorten the topic, or raise topic_levels up to 128.',
  },
  'KS-B304': {
    fault: 'peer-misbehaved',
    title: 'too many subscriptions',
    cause: 'The session has as many subscriptions as the limit allows.',
    fix: 'Use wildcards, or raise the limit.',
  },
  'KS-B305': {
    fault: 'peer-misbehaved',
    title: 'too many retained messages',
    cause: 'The broker keeps as many retained messages as its limit allows, and this topic has none yet.',
    fix: 'Remove retained messages that nobody needs (publish an empty payload with retain), or raise the limit.',
  },
  'KS-B306': {
    fault: 'peer-misbehaved',
    title: 'too much is not released',
    cause: 'The client published at QoS 2 and has not sent PUBREL for more bytes than the queue limit allows.',
    fix: 'Let the client release its messages (PUBREL) before it publishes more, or raise the byte limit of the queue.',
  },
  'KS-B307': {
    fault: 'peer-misbehaved',
    title: 'subscription denied by a silent rule',
    cause: 'A deny rule that is silent covers the filter. The client was told that it failed, and not why.',
    fix: 'Narrow the filter; or change the rule, or take silent from it.',
  },
  'KS-B320': {
    fault: 'peer-misbehaved',
    title: 'enhanced authentication is demanded',
    cause: 'Clients of this class are admitted only through a method of MQTT 5 that CONNECT did not name.',
    fix: 'Use MQTT 5 and the method in the message; the agent adds it for clients that cannot. MQTT 3.1.1 has no such thing.',
  },
  'KS-B321': {
    fault: 'peer-misbehaved',
    title: 'enhanced authentication failed',
    cause: 'The answer does not hold; the sentence says what about it.',
    fix: 'Follow the code in the sentence: keystile explain CODE.',
  },
  'KS-B322': {
    fault: 'peer-misbehaved',
    title: 'enhanced authentication took too long',
    cause: 'The client did not answer in the time of the method, which is ten seconds for evidence.',
    fix: 'Check the bus between host and part; a nonce is not good any longer.',
  },
  'KS-B323': {
    fault: 'peer-misbehaved',
    title: 'attestation key is of no known maker',
    cause: 'The chain of the attestation key does not end at a configured maker.',
    fix: "Add the maker's certificate to maker_anchors if its parts are to be trusted.",
  },
  'KS-B324': {
    fault: 'peer-misbehaved',
    title: 'part and identity are not one device',
    cause: 'The registry does not say that this part holds this identity.',
    fix: 'If the part was provisioned after the registry was written, write it anew. Otherwise find out how the key of one device came to another.',
  },
  'KS-B325': {
    fault: 'environment',
    title: 'registry of devices cannot be used',
    cause:
      'The file that says which part is which device is missing or malformed. Evidence is refused until it is mended.',
    fix: 'Write the file anew; the message says what is wrong with it.',
  },
  'KS-B340': {
    fault: 'peer-misbehaved',
    title: 'client certificate has expired',
    cause:
      'The certificate of a client ended: on a connection that was made before, or on one that resumes an older TLS session.',
    fix: 'Renew the certificate before it ends, and connect with the new one.',
  },
  'KS-B341': {
    fault: 'peer-misbehaved',
    title: 'identity in quarantine',
    cause: 'An operator denies the identity for now. Its sessions are kept.',
    fix: 'Find out why the device was put there; unrevoke at the control socket lets it in again.',
  },
  'KS-B342': {
    fault: 'environment',
    title: 'revocation not known',
    cause:
      'The revocation list of the issuing CA is too old, and crl_when_stale is deny: nobody new of this CA is admitted.',
    fix: 'Bring a fresh list to the file that the configuration names; it is read within a second or two.',
  },
  'KS-B343': {
    fault: 'peer-misbehaved',
    title: 'client certificate does not verify',
    cause:
      'The client showed a certificate that does not verify: its CA is not among the roots, it has expired, or it is for another purpose.',
    fix: 'The message has the subject, the issuer and the reason of OpenSSL. Check the certificate, the clock of the broker and client_anchors.',
  },
  'KS-B344': {
    fault: 'environment',
    title: 'revocation list cannot be used',
    cause:
      'The file of a revocation list is missing, malformed, of another CA, or older than the list in force. A running broker keeps the last good one.',
    fix: 'Write the current list of the issuer that the message names, PEM or DER.',
  },
  'KS-B345': {
    fault: 'environment',
    title: 'revocation list gets old',
    cause: 'The next update of a revocation list is due soon, or overdue, and no newer list has come.',
    fix: 'Find out why the CA or the transport of its lists has stopped.',
  },
  'KS-B346': {
    fault: 'environment',
    title: 'no OCSP answer to staple',
    cause:
      'The OCSP answer for the own certificate is missing, malformed, about another certificate, not good, or too old. Clients that demand one refuse the broker.',
    fix: 'Let whoever fetches the answer write it anew; it is read within a second or two.',
  },
  'KS-B347': {
    fault: 'environment',
    title: 'deny list cannot be kept',
    cause:
      'The file of denied identities and serial numbers cannot be read or written. What was revoked just now holds until the broker ends.',
    fix: 'Mend the file or its folder, and revoke once more.',
  },
  'KS-B348': {
    fault: 'misuse',
    title: 'change needs a restart',
    cause:
      'The new configuration changes what a running broker cannot: a listener, its limits, evidence, control or metrics. Nothing of it was taken.',
    fix: 'Restart the broker, or take that change back and reload again.',
  },
  'KS-B349': {
    fault: 'misuse',
    title: 'control request not understood',
    cause: 'A line on the control socket is not a JSON object with a known op and its fields, or too many ask at once.',
    fix: 'See the requests in docs/reference/broker-control.md.',
  },
  'KS-B370': {
    fault: 'peer-misbehaved',
    title: 'publishes too fast',
    cause: 'The client published more messages, or more bytes, in a second than its listener allows.',
    fix: 'Publish less often, or raise publishes_per_second and publish_bytes_per_second; publish_excess = "slow" makes the client wait instead.',
  },
  'KS-B371': {
    fault: 'peer-misbehaved',
    title: 'connection ended: publishes too fast',
    cause:
      'The client exceeded its rate with messages that no acknowledgement can refuse: at QoS 0, or before MQTT 5. They were not delivered.',
    fix: 'Publish less often or at QoS 1 with MQTT 5, or raise the rate; publish_excess = "slow" makes the client wait instead.',
  },
  'KS-B372': {
    fault: 'environment',
    title: 'too many connections wait for their handshake',
    cause: 'More clients connect at once than accepts_per_second lets begin within handshake_timeout_ms.',
    fix: 'Clients should wait a random time before they connect again. Raise accepts_per_second if the machine can do more handshakes.',
  },
  'KS-B373': {
    fault: 'peer-misbehaved',
    title: 'no room to hold a message until its release',
    cause: 'All queues, and all QoS 2 messages without PUBREL, together reach the byte limit of the process.',
    fix: 'Find the sessions that queue the most, let sessions expire sooner, or raise queued_bytes of [budget].',
  },
  'KS-B374': {
    fault: 'peer-misbehaved',
    title: 'too many retained messages of one identity',
    cause: 'The identity is the author of as many retained messages as its share allows, and this would be one more.',
    fix: 'Remove retained messages that nobody needs (publish an empty payload with retain), or raise retained_per_identity.',
  },
} as const satisfies Record<string, ErrorEntry>;
