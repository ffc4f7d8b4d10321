import type { ErrorEntry } from '../entry.ts';

/** The TLS engine's refusals. */
export const tlsErrors = {
  'KS-T100': {
    fault: 'part',
    title: 'internal TLS fault',
    cause: 'The TLS engine reached a state that its design excludes.',
    fix: 'Report it with the trace of the part (keystile chip info --trace).',
  },
  'KS-T101': {
    fault: 'peer-incompatible',
    title: 'the server speaks only an older TLS',
    cause:
      'The server has no TLS version that the policy allows: TLS 1.3, and TLS 1.2 if the policy lists it. Nothing older is ever spoken.',
    fix: 'Enable TLS 1.3 on the server (OpenSSL 1.1.1 and later have it), or give the part a policy that allows TLS 1.2.',
  },
  'KS-T102': {
    fault: 'peer-misbehaved',
    title: 'somebody forced an older TLS',
    cause:
      'The server chose an older version but marked its random as one that can do TLS 1.3 (RFC 8446 §4.1.3): the hello was changed on its way.',
    fix: 'Look for a device between the part and the server that rewrites TLS (a proxy, a "TLS inspection" appliance, an attacker), and remove it.',
  },
  'KS-T103': {
    fault: 'peer-incompatible',
    title: 'the server found nothing in common',
    cause:
      'The server answered the first message with a handshake_failure or insufficient_security alert. Most often its certificate is RSA; else it shares no cipher suite or group with the policy: one that has CBC suites only, for example.',
    fix: 'Give the server an ECDSA certificate on P-256 (or P-384), and enable TLS_AES_128_GCM_SHA256 (for TLS 1.2 ECDHE-ECDSA-AES128-GCM-SHA256) with X25519 or P-256 on it.',
  },
  'KS-T104': {
    fault: 'peer-incompatible',
    title: 'the server ended the connection with an alert',
    cause: 'The server sent a fatal TLS alert; its name is in the message.',
    fix: "Read the server's log at this time: it knows why it sent the alert.",
  },
  'KS-T105': {
    fault: 'peer-incompatible',
    title: "the server refused this part's certificate",
    cause:
      'The server asked for a client certificate and did not accept what it got: none was sent, its chain ends at a CA the server does not trust, it has expired, or it was revoked.',
    fix: "Compare the issuer of the part's certificate with the client CAs that the server trusts, and its validity and revocation state with the authority's registry.",
  },
  'KS-T106': {
    fault: 'peer-incompatible',
    title: 'no application protocol agreed',
    cause: 'The policy requires an application protocol (ALPN) and the server selected none of those offered.',
    fix: "Enable ALPN with one of the policy's protocols (such as mqtt) on the server, or set the policy's alpnRequired to false.",
  },
  'KS-T107': {
    fault: 'peer-incompatible',
    title: "the server's key or signature scheme is not allowed",
    cause:
      'The server signed with a scheme that the policy does not list, or that does not belong to the key in its certificate.',
    fix: 'Give the server a certificate with a P-256 key (or P-384, if the policy lists ecdsa_secp384r1_sha384). A server that signs with SHA-256 by a P-384 key, as TLS 1.2 lets it, must be told to use SHA-384 (OpenSSL: SignatureAlgorithms ECDSA+SHA384).',
  },
  'KS-T108': {
    fault: 'peer-misbehaved',
    title: "the server's signature is wrong",
    cause:
      'CertificateVerify (in TLS 1.2 ServerKeyExchange) does not verify under the key of the certificate that the server presented: it does not hold the private key, or the handshake was changed on its way.',
    fix: 'Check that the certificate and the private key configured on the server belong together. If they do, somebody sits in between.',
  },
  'KS-T109': {
    fault: 'peer-misbehaved',
    title: "the server's Finished is wrong",
    cause:
      'The two ends do not agree on what was said in the handshake: a message was changed on its way, or the server computes its keys wrongly.',
    fix: 'Look for a device between the part and the server that rewrites TLS. A fault that is always there points to the TLS library of the server.',
  },
  'KS-T110': {
    fault: 'peer-misbehaved',
    title: 'unexpected message',
    cause: 'The server sent a message or record that has no place at this point of the protocol.',
    fix: 'Report it to the maker of the server with the trace of the part; no setting can allow it.',
  },
  'KS-T111': {
    fault: 'peer-misbehaved',
    title: 'malformed message',
    cause: 'A message of the server is shorter, longer or other than its format says.',
    fix: 'Report it to the maker of the server with the trace of the part; no setting can allow it.',
  },
  'KS-T112': {
    fault: 'peer-misbehaved',
    title: 'illegal parameter',
    cause: 'The server chose a value that was not offered, or that the standard forbids at this place.',
    fix: 'Report it to the maker of the server with the trace of the part; no setting can allow it.',
  },
  'KS-T113': {
    fault: 'peer-misbehaved',
    title: 'extension that was not offered',
    cause: 'The server answered with an extension that the part did not ask for.',
    fix: 'Report it to the maker of the server with the trace of the part; no setting can allow it.',
  },
  'KS-T114': {
    fault: 'peer-misbehaved',
    title: 'missing extension',
    cause: 'A message of the server lacks an extension that the standard demands in it.',
    fix: 'Report it to the maker of the server with the trace of the part; no setting can allow it.',
  },
  'KS-T115': {
    fault: 'peer-misbehaved',
    title: 'record does not decrypt',
    cause: 'A record was changed, lost or reordered on its way, or was protected under another key.',
    fix: 'Check that the host forwards every byte between socket and part once and in order. If it does, somebody changed the bytes on the network.',
  },
  'KS-T116': {
    fault: 'peer-misbehaved',
    title: 'record too large',
    cause: 'A record is longer than TLS allows, or longer than the record size limit that was agreed.',
    fix: 'Report it to the maker of the server. If a record size limit is in the policy, check that the server honours it.',
  },
  'KS-T117': {
    fault: 'peer-misbehaved',
    title: 'handshake too large',
    cause:
      'The handshake of the server is larger than the part accepts: 64 KiB in all before Finished, 16 certificates.',
    fix: 'Shorten the certificate chain that the server sends: its own certificate and the intermediates, without the root.',
  },
  'KS-T118': {
    fault: 'peer-misbehaved',
    title: 'flood of records that carry nothing',
    cause: 'The server sent many empty records, tickets, key updates, wishes to renegotiate or warnings in a row.',
    fix: 'Report it to the maker of the server with the trace of the part; no setting can allow it.',
  },
  'KS-T119': {
    fault: 'environment',
    title: 'connection cut short',
    cause:
      'The transport ended without the TLS close_notify, so the end of the data may have been cut off, by a failure or by an attacker.',
    fix: 'Connect again. If it repeats, look at what stands between the part and the server, and at the log of the server.',
  },
  'KS-T120': {
    fault: 'peer-misbehaved',
    title: 'the server presented no certificate',
    cause: "The server's Certificate message is empty.",
    fix: 'Configure a certificate on the server.',
  },
  'KS-T121': {
    fault: 'peer-incompatible',
    title: 'the server does not know the name that was dialled',
    cause: 'The server answered with the alert unrecognized_name.',
    fix: 'Dial a name that the server serves, or add the name to its configuration.',
  },
  'KS-T122': {
    fault: 'peer-incompatible',
    title: 'what answers is not a TLS server',
    cause:
      'The first byte received is not the beginning of a TLS record: the port speaks something else, such as plaintext MQTT.',
    fix: 'Dial the TLS port of the broker (8883 by custom; 1883 is plaintext).',
  },
  'KS-T123': {
    fault: 'peer-incompatible',
    title: 'the server did not ask for a client certificate',
    cause: 'The policy requires client authentication, and the server let the part in without asking who it is.',
    fix: 'Enable client certificates on the server (for node:tls: requestCert and rejectUnauthorized), or check that it is the right server.',
  },
  'KS-T124': {
    fault: 'peer-incompatible',
    title: "the server cannot verify this part's signature",
    cause: 'The server asked for a client certificate with signature schemes that the key of the part does not have.',
    fix: 'Enable the signature scheme of the part (ecdsa_secp256r1_sha256 by default) on the server.',
  },
  'KS-T130': {
    fault: 'misuse',
    title: 'not connected',
    cause:
      'Application data, an exporter value or a key update was asked for before the handshake was done or after the connection ended.',
    fix: 'Wait until the status is connected. After the end, open a new connection.',
  },
  'KS-T131': {
    fault: 'misuse',
    title: 'TLS policy or options not valid',
    cause:
      'A field of the policy or of the client options has a value that the engine cannot honour; the message names it.',
    fix: 'Correct the named field.',
  },
  'KS-T132': {
    fault: 'misuse',
    title: 'no such sign request',
    cause: 'A signature was given for a sign request that does not exist or was answered before.',
    fix: 'Answer the request that is pending, once, with its id.',
  },
  'KS-T133': {
    fault: 'misuse',
    title: 'buffer full',
    cause: 'Bytes were pushed in without reading what they brought, or written without taking the output.',
    fix: 'Read the received data and take the output before adding more.',
  },
  'KS-T134': {
    fault: 'part',
    title: 'signing failed',
    cause: 'The vault that holds the client key could not sign.',
    fix: 'See why the vault refused: its reason is in the message.',
  },
  'KS-T135': {
    fault: 'part',
    title: 'the vault returned a wrong signature',
    cause:
      'The signature does not verify under the key of the client certificate: the vault holds another key, or was made to err. It was not sent, since a faulty signature can give a key away.',
    fix: 'Check that the client certificate belongs to the key in the vault. If it does, replace the part.',
  },
  'KS-T136': {
    fault: 'misuse',
    title: 'forged proof of authentication',
    cause: 'Something that only verification can make was made by other means, and used to reach application data.',
    fix: 'Correct the code: application data flows only on a connection whose server was verified.',
  },
  'KS-T137': {
    fault: 'misuse',
    title: 'exporter request not valid',
    cause: 'The exporter was asked for more bytes than it gives, for none, or with a label that is empty or too long.',
    fix: 'Ask for 1 to 1,024 bytes with a label of 1 to 249 ASCII characters.',
  },
  'KS-T150': {
    fault: 'environment',
    title: 'the session to resume was dropped',
    cause:
      'While the handshake ran, something happened after which earlier sessions no longer count: a boot, tamper, key, time, administration or pairing event.',
    fix: 'Connect again; the handshake will be a full one.',
  },
  'KS-T151': {
    fault: 'environment',
    title: 'the transport failed',
    cause:
      'The TCP connection (or the stream that stands for it) could not be made, or broke; the reason is in the message.',
    fix: 'Check address and port, that the server runs, and that the network lets the connection through.',
  },
  'KS-T152': {
    fault: 'environment',
    title: 'the handshake took too long',
    cause: 'Within the time allowed, the server did not answer, the network did not carry, or the signer did not sign.',
    fix: 'Check that the server speaks TLS on this port and that the token is not waiting for a PIN; allow a slow one more by handshakeTimeoutMs.',
  },
  'KS-T160': {
    fault: 'peer-incompatible',
    title: 'TLS 1.2 without extended master secret',
    cause:
      'The server chose TLS 1.2 and does not bind its keys to the whole handshake (RFC 7627): somebody in between could give two connections the same keys.',
    fix: 'Enable TLS 1.3 on the server, or update its TLS library (OpenSSL has extended master secret since 1.1.0) and do not switch it off.',
  },
  'KS-T161': {
    fault: 'peer-incompatible',
    title: 'TLS 1.2 without secure renegotiation',
    cause:
      'The server chose TLS 1.2 and does not say, or says wrongly, that this is a first handshake (RFC 5746): the part could be spliced into a connection that an attacker began.',
    fix: 'Enable TLS 1.3 on the server, or update its TLS library (OpenSSL has secure renegotiation since 0.9.8m). Renegotiation itself can stay off.',
  },
  'KS-T162': {
    fault: 'environment',
    title: 'keys of TLS 1.2 worn out',
    cause:
      'As many records went under one key as it can protect. TLS 1.3 changes keys in this case; TLS 1.2 could only by renegotiation, which the part never does.',
    fix: 'Connect again. To be spared it, enable TLS 1.3 on the server.',
  },
  'KS-T163': {
    fault: 'misuse',
    title: 'not in TLS 1.2',
    cause: 'A key update was asked for on a connection of TLS 1.2, which has none.',
    fix: 'Look at the protocol in the status before asking; to get new keys in TLS 1.2, open a new connection.',
  },
  'KS-T164': {
    fault: 'peer-misbehaved',
    title: 'the server does not change its key',
    cause:
      'As many records came under one key of the server as it can protect. The part asked in time for a new one (RFC 9846 §4.6.3), unless it had ended its own direction before.',
    fix: 'Connect again. If it happens again, update the TLS library of the server: it ignores KeyUpdate.',
  },
} as const satisfies Record<string, ErrorEntry>;
