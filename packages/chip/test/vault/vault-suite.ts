import assert from 'node:assert/strict';
import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { equalPublicBytes } from '@keystile/bytes';
import type { GeneratedKey, SigningOrder, Vault } from '@keystile/chip';

/** One vault of a kind, for the tests of a suite. */
export interface VaultUnderTest {
  readonly vault: Vault;
  close(): Promise<void>;
}

/** How a part of the vault's kind behaves, whatever holds the keys. `open` gives a vault without keys. */
export function describeVault(name: string, open: () => Promise<VaultUnderTest>): void {
  describe(`a vault: ${name}`, () => {
    let under: VaultUnderTest;
    let vault: Vault;
    before(async () => {
      under = await open();
      ({ vault } = under);
    });
    after(() => under.close());

    it('makes P-256 keys, each another one, and tells their public halves', async () => {
      const keys = [await vault.generate('ldevid'), await vault.generate('ldevid'), await vault.generate('idevid')];
      const digests = keys.map(({ publicKey }) => Buffer.from(publicKey).toString('hex'));
      assert.equal(new Set(digests).size, keys.length);
      for (const { publicKey } of keys) {
        const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
        assert.equal(key.asymmetricKeyDetails?.namedCurve, 'prime256v1');
      }
    });

    describeSigning(() => vault);
    describeHandles(() => vault);

    it('keeps the private half out of the handle', async () => {
      const { handle, publicKey } = await vault.generate('ldevid');
      // What PKCS #8 and SEC 1 have in common: the scalar stands right after OCTET STRING of 32 bytes.
      assert.equal(Buffer.from(handle).indexOf(Buffer.from('02010104' + '20', 'hex')), -1);
      assert.ok(!Buffer.from(handle).includes(Buffer.from(publicKey.subarray(-64))));
    });

    it('destroys a key, and one that it does not know without a word', async () => {
      const { handle } = await vault.generate('ldevid');
      await vault.destroy('ldevid', handle);
      await vault.destroy('ldevid', handle);
      await vault.destroy('idevid', new Uint8Array(0));
    });

    describeCounter(() => vault);
    describeSeal(() => vault);
    describeAttestation(() => vault);
  });
}

function describeSigning(vaultOf: () => Vault): void {
  it('signs with ECDSA and SHA-256, r ‖ s, every purpose and any length', async () => {
    const vault = vaultOf();
    for (const slot of ['attestation', 'idevid', 'ldevid'] as const) {
      const key = await vault.generate(slot);
      for (const length of [1, 64, 5000]) {
        const input = randomBytes(length);
        for (const purpose of purposesOf(input)) {
          const signature = await vault.sign({ slot, handle: key.handle, purpose });
          assert.equal(signature.length, 64);
          assert.ok(verifies(key, input, signature), `${slot}, ${purpose.kind}, ${length} bytes`);
          const altered = Buffer.concat([input, Uint8Array.of(0)]);
          assert.ok(!verifies(key, altered, signature));
        }
      }
    }
  });

  it('signs many things at once, each with the key that was asked for', async () => {
    const vault = vaultOf();
    const keys = await Promise.all([vault.generate('idevid'), vault.generate('ldevid')]);
    const orders = Array.from({ length: 12 }, (_, index): SigningOrder & { readonly key: GeneratedKey } => {
      const key = keys[index % 2];
      assert.ok(key !== undefined);
      const slot = index % 2 === 0 ? 'idevid' : 'ldevid';
      return { key, slot, handle: key.handle, purpose: { kind: 'tls', input: randomBytes(100) } };
    });
    const signatures = await Promise.all(orders.map((order) => vault.sign(order)));
    for (const [index, { key, purpose }] of orders.entries()) {
      assert.ok(verifies(key, purpose.input, signatures[index] ?? new Uint8Array(0)));
    }
  });
}

function describeHandles(vaultOf: () => Vault): void {
  it('has no use for a handle that is altered, cut, or of another slot', async () => {
    const vault = vaultOf();
    const { handle } = await vault.generate('idevid');
    const altered = Uint8Array.from(handle);
    altered[altered.length >> 1] = (altered[altered.length >> 1] ?? 0) ^ 1;
    const [purpose] = purposesOf(Uint8Array.of(1));
    assert.ok(purpose !== undefined);
    for (const [slot, wrong] of [
      ['idevid', altered],
      ['idevid', handle.subarray(1)],
      ['idevid', new Uint8Array(0)],
      ['ldevid', handle],
    ] as const) {
      await assert.rejects(vault.sign({ slot, handle: wrong, purpose }), { code: 'KS-C100' });
    }
  });
}

function describeCounter(vaultOf: () => Vault): void {
  it('counts upwards only', async (test) => {
    const { counter, kind } = vaultOf();
    if (counter === undefined) return test.skip(`a ${kind} vault has no counter`);
    const first = await counter.value();
    assert.equal(await counter.advance(), first + 1);
    assert.equal(await counter.value(), first + 1);
  });
}

function describeSeal(vaultOf: () => Vault): void {
  it('opens what it sealed, under the same context, whole', async (test) => {
    const { seal, kind } = vaultOf();
    if (seal === undefined) return test.skip(`a ${kind} vault does not seal: the memory does`);
    const [context, plaintext] = [Uint8Array.of(1), randomBytes(200)];
    const sealed = await seal.seal(context, plaintext);
    assert.ok(!Buffer.from(sealed).includes(plaintext));
    assert.ok(equalPublicBytes((await seal.unseal(context, sealed)) ?? new Uint8Array(0), plaintext));
    assert.equal(await seal.unseal(Uint8Array.of(2), sealed), undefined);
    sealed[0] = (sealed[0] ?? 0) ^ 1;
    assert.equal(await seal.unseal(context, sealed), undefined);
  });
}

function describeAttestation(vaultOf: () => Vault): void {
  it('speaks for itself over a nonce', async (test) => {
    const { attest, kind } = vaultOf();
    if (attest === undefined) return test.skip(`a ${kind} vault cannot attest itself`);
    const nonce = randomBytes(32);
    const quote = await attest.attest(nonce);
    assert.ok(Buffer.from(quote).includes(nonce));
    assert.ok(!equalPublicBytes(quote, await attest.attest(randomBytes(32))));
  });
}

function purposesOf(input: Uint8Array): readonly SigningOrder['purpose'][] {
  return [
    { kind: 'csr', input },
    { kind: 'tls', input },
    { kind: 'statement', contentType: 'application/keystile-evidence+cbor', input },
  ];
}

function verifies({ publicKey }: GeneratedKey, input: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  return verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature);
}
