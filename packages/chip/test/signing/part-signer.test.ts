import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type PartMemory, type SigningOrder, SoftwareVault, type Vault } from '@keystile/chip';
import { commands } from '@keystile/link';
import { InProcessPart, TestFleet } from '@keystile/testkit';
import { connectInProcess } from '../support/connect.ts';

let fleet: TestFleet;
before(async () => {
  fleet = await TestFleet.create();
});
after(() => fleet.remove());

/** The software vault, with every order that it got, and a signature that a fault may spoil. */
class WatchedVault {
  readonly orders: SigningOrder[] = [];
  spoils = false;

  readonly around = (memory: PartMemory): Vault => {
    const vault = new SoftwareVault(() => memory.fuseRecord, randomBytes);
    return {
      kind: 'watched',
      generate: (slot) => vault.generate(slot),
      destroy: () => vault.destroy(),
      sign: async (order) => {
        this.orders.push(order);
        const signature = await vault.sign(order);
        if (this.spoils) signature[40] = (signature[40] ?? 0) ^ 1;
        return signature;
      },
    };
  };
}

/** RFC 8446 §4.4.3: what a client signs begins like this, so that it can be nothing else. */
const CERTIFICATE_VERIFY = hex(`${' '.repeat(64)}TLS 1.3, client CertificateVerify\0`);

/** What the part composes itself for each purpose, and whose key may sign it. */
const forms: Readonly<Record<SigningOrder['purpose']['kind'], { slots: readonly string[]; begins: RegExp }>> = {
  // A CertificationRequestInfo: SEQUENCE of 128 bytes or more, version 0, the subject's SEQUENCE.
  csr: { slots: ['idevid', 'ldevid'], begins: /^30(81..|82....)02010030/ },
  tls: { slots: ['ldevid'], begins: new RegExp(`^${CERTIFICATE_VERIFY}`) },
  // A Sig_structure: an array of four, "Signature1".
  statement: { slots: ['attestation'], begins: new RegExp(`^846a${hex('Signature1')}`) },
};

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

describe('what a part signs', () => {
  it('is composed by the part: a request, a handshake or a statement, each with the key that is for it', async () => {
    const vault = new WatchedVault();
    const part = new InProcessPart({ clock: fleet.clock, vault: vault.around });
    await fleet.provision(part);
    await fleet.boot(part.host);
    await connectInProcess(fleet, part);
    await part.call(commands.csr, { slot: 'idevid' });
    const kinds = new Set(vault.orders.map(({ purpose }) => purpose.kind));
    assert.deepEqual([...kinds].toSorted(), ['csr', 'statement', 'tls']);
    for (const { slot, purpose } of vault.orders) {
      const form = forms[purpose.kind];
      assert.ok(form.slots.includes(slot), `${purpose.kind} by ${slot}`);
      assert.match(Buffer.from(purpose.input).toString('hex'), form.begins);
    }
  });

  it('never holds more of the host’s choice than a nonce inside a statement', async () => {
    const vault = new WatchedVault();
    const part = new InProcessPart({ clock: fleet.clock, vault: vault.around });
    await fleet.make(part);
    const chosen = Buffer.from('bytes of the host, thirty-two...');
    const key = await part.call(commands.read, { object: 'attestation-public-key', offset: 0, lengthMax: 4096 });
    await part.call(commands.provisionBegin, { lineNonce: chosen, linePublicKey: key.bytes.slice() });
    const [order] = vault.orders;
    assert.ok(order?.purpose.kind === 'statement');
    assert.match(order.purpose.contentType, /^application\/keystile-provision-evidence\+cbor$/);
    assert.ok(Buffer.from(order.purpose.input).indexOf(chosen) > 40, 'behind the header that says what it is');
  });

  it('does not leave the part when a fault has spoilt it', async () => {
    const vault = new WatchedVault();
    const part = new InProcessPart({ clock: fleet.clock, vault: vault.around });
    await fleet.provision(part);
    await fleet.boot(part.host);
    vault.spoils = true;
    await assert.rejects(part.call(commands.csr, { slot: 'ldevid' }), { code: 'KS-C100', detail: /does not verify/ });
    await assert.rejects(connectInProcess(fleet, part), { code: 'KS-T134', detail: /does not verify \(KS-C100\)/ });
  });
});
