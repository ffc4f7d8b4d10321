/**
 * The legal steps of a TLS 1.2 handshake, part of the table in client/state.ts:
 *
 *   ServerHello ─► Certificate ─► (CertificateStatus) ─► ServerKeyExchange ─► (CertificateRequest) ─► ServerHelloDone
 *        │                                                                                                │
 *        │ resumed                              Certificate, ClientKeyExchange, (signature), Finished are sent
 *        ▼                                                                                                ▼
 *        └──────────────────────► (NewSessionTicket) ─► ChangeCipherSpec ─► Finished ─► connected ◄───────┘
 */
export const tls12Entrances = ['ExpectTls12Certificate', 'ExpectNewSessionTicket', 'ExpectChangeCipherSpec'] as const;

export const tls12Transitions = {
  ExpectTls12Certificate: ['ExpectCertificateStatus', 'ExpectServerKeyExchange', 'Closed', 'Failed'],
  /** A server that promised a status may leave it out, RFC 6066 §8. */
  ExpectCertificateStatus: ['ExpectServerKeyExchange', 'ExpectCertificateRequestOrDone', 'Closed', 'Failed'],
  ExpectServerKeyExchange: ['ExpectCertificateRequestOrDone', 'Closed', 'Failed'],
  ExpectCertificateRequestOrDone: [
    'ExpectServerHelloDone',
    'ExpectTls12Signature',
    'ExpectNewSessionTicket',
    'ExpectChangeCipherSpec',
    'Closed',
    'Failed',
  ],
  ExpectServerHelloDone: [
    'ExpectTls12Signature',
    'ExpectNewSessionTicket',
    'ExpectChangeCipherSpec',
    'Closed',
    'Failed',
  ],
  ExpectTls12Signature: ['ExpectNewSessionTicket', 'ExpectChangeCipherSpec', 'Closed', 'Failed'],
  ExpectNewSessionTicket: ['ExpectChangeCipherSpec', 'Closed', 'Failed'],
  ExpectChangeCipherSpec: ['ExpectTls12Finished', 'Closed', 'Failed'],
  ExpectTls12Finished: ['Tls12Connected', 'Closed', 'Failed'],
  Tls12Connected: ['Closed', 'Failed'],
} as const;
