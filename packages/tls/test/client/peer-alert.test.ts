import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alertCodes } from '../../src/alerts.ts';
import { errorOfPeerAlert } from '../../src/client/peer-alert.ts';

describe("what the server's alert means", () => {
  it('depends on when it comes', () => {
    const { handshake_failure: code } = alertCodes;
    assert.equal(errorOfPeerAlert(code, 'before ServerHello').code, 'KS-T103');
    assert.equal(errorOfPeerAlert(code, 'in the handshake').code, 'KS-T104');
    assert.equal(errorOfPeerAlert(alertCodes.certificate_revoked, "after the client's answer").code, 'KS-T105');
    assert.equal(errorOfPeerAlert(alertCodes.certificate_revoked, 'in the handshake').code, 'KS-T104');
  });

  it('after an answer without a certificate is that one is missing, which TLS 1.2 has no alert for', () => {
    const error = errorOfPeerAlert(alertCodes.handshake_failure, 'after an answer without a certificate');
    assert.equal(error.code, 'KS-T105');
    assert.match(error.detail, /got none/);
    assert.equal(errorOfPeerAlert(alertCodes.handshake_failure, "after the client's answer").code, 'KS-T104');
  });

  it('is said with its name, and with the number where it has none', () => {
    const revoked = errorOfPeerAlert(alertCodes.certificate_revoked, "after the client's answer");
    assert.match(revoked.detail, /certificate_revoked.*certificate is revoked/);
    assert.match(errorOfPeerAlert(199, 'before ServerHello').detail, /alert 199/);
    assert.equal(errorOfPeerAlert(alertCodes.unrecognized_name, 'before ServerHello').code, 'KS-T121');
    assert.equal(errorOfPeerAlert(alertCodes.no_application_protocol, 'before ServerHello').code, 'KS-T106');
  });
});
