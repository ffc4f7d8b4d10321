import { describe } from 'node:test';
import { fromHex } from '@keystile/bytes';
import { encodeCodeList, signatureSchemeCodes } from '@keystile/tls/codec';
import { extension } from '../../src/index.ts';
import { refuses } from './refuses.ts';
import { party } from './talk.ts';

const honest = party();
const schemes = extension('signature_algorithms', encodeCodeList([signatureSchemeCodes.ecdsa_secp256r1_sha256]));

describe('a CertificateRequest', () => {
  for (const [name, data] of [
    ['no names', '0000'],
    ['an empty name', '0002' + '0000'],
    ['half a name', '0003' + '0002' + 'ff'],
    ['bytes after the names', '0003' + '0001' + 'ff' + '00'],
  ] as const) {
    refuses({
      name: `with certificate_authorities of ${name} is refused`,
      server: honest,
      script: (talk) => {
        talk.hello();
        const { server } = talk;
        talk.say(server.seal('handshake', server.encryptedExtensions()));
        const authorities = extension('certificate_authorities', fromHex(data));
        const request = server.certificateRequest(new Uint8Array(0), [schemes, authorities]);
        talk.say(server.seal('handshake', request));
      },
      code: 'KS-T111',
      alert: 'decode_error',
    });
  }
});
