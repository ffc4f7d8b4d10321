import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromHex } from '@keystile/bytes';
import { encodeCodeList, signatureSchemeCodes } from '@keystile/tls/codec';
import { extension } from '../../src/index.ts';
import { refuses } from './refuses.ts';
import { party, Talk } from './talk.ts';

const honest = party();
const schemes = extension('signature_algorithms', encodeCodeList([signatureSchemeCodes.ecdsa_secp256r1_sha256]));

/** The server's flight up to a CertificateRequest with these certificate_authorities. */
function request(talk: Talk, authorities: string): void {
  const { server } = talk;
  talk.hello();
  talk.say(server.seal('handshake', server.encryptedExtensions()));
  const extensions = [schemes, extension('certificate_authorities', fromHex(authorities))];
  talk.say(server.seal('handshake', server.certificateRequest(new Uint8Array(0), extensions)));
}

describe('a CertificateRequest', () => {
  it('may name authorities: they choose among several certificates, and there is one', () => {
    const talk = new Talk(honest);
    request(talk, '0007' + '0001' + 'ff' + '0002' + '3000');
    const { server } = talk;
    for (const message of ['certificate', 'certificateVerify', 'finished'] as const) {
      talk.say(server.seal('handshake', server[message]()));
    }
    assert.equal(talk.client.status.phase, 'connected', String(talk.client.failure));
  });

  for (const [name, data] of [
    ['no names', '0000'],
    ['an empty name', '0002' + '0000'],
    ['half a name', '0003' + '0002' + 'ff'],
    ['bytes after the names', '0003' + '0001' + 'ff' + '00'],
  ] as const) {
    refuses({
      name: `with certificate_authorities of ${name} is refused`,
      server: honest,
      script: (talk) => request(talk, data),
      code: 'KS-T111',
      alert: 'decode_error',
    });
  }
});
