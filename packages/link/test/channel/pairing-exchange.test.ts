import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { HostExchange, type PairBegin, type PairBegun, PartExchange, X25519Key } from '../../src/index.ts';

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const newKey = (): X25519Key => new X25519Key(random(32));

/** What a bus may do to the exchange on its way. */
interface Bus {
  readonly begin?: (request: PairBegin) => PairBegin;
  readonly begun?: (answer: PairBegun) => PairBegun;
}

const hostKey = newKey();
const partKey = newKey();

function exchange({ begin = (request) => request, begun = (answer) => answer }: Bus = {}) {
  const host = new HostExchange({ staticKey: hostKey, random });
  const part = new PartExchange({ staticKey: partKey, random }, begin(host.request));
  return { part, accepted: host.accept(begun({ ...part.answer, evidence: new Uint8Array(0) })) };
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] ?? 0) ^ 0x01;
  return changed;
}

describe('the pairing exchange', () => {
  it('gives both sides one channel, and each run another', () => {
    const first = exchange();
    const second = exchange();
    const frame = { sequence: 1, kind: 'data', more: false, secured: false, payload: random(100) } as const;
    const atPart = first.part.finish(first.accepted.finish) ?? assert.fail();
    const sealed = first.accepted.channel.seal(frame) ?? assert.fail();
    assert.deepEqual(atPart.open(sealed), frame.payload);
    assert.deepEqual(first.accepted.channel.open(atPart.seal(frame) ?? assert.fail()), frame.payload);
    assert.notDeepEqual(second.accepted.channel.seal(frame)?.payload, sealed.payload);
    assert.equal(second.part.finish(first.accepted.finish), undefined, 'a confirmation is that of one exchange');
  });

  it('fails when any byte of what the host sent is changed on the bus', () => {
    for (const field of ['hostKey', 'hostEphemeral'] as const) {
      for (let at = 0; at < 32; at++) {
        const begin = (request: PairBegin): PairBegin => ({ ...request, [field]: flipped(request[field], at) });
        assert.throws(() => exchange({ begin }), { code: 'KS-L115' }, `${field}, byte ${at}`);
      }
    }
  });

  it('fails when any byte of what the part answered is changed on the bus', () => {
    for (const field of ['partKey', 'partEphemeral', 'confirmation'] as const) {
      for (let at = 0; at < 32; at++) {
        const begun = (answer: PairBegun): PairBegun => ({ ...answer, [field]: flipped(answer[field], at) });
        assert.throws(() => exchange({ begun }), { code: 'KS-L115' }, `${field}, byte ${at}`);
      }
    }
  });

  it('fails at the part when any byte of the host’s confirmation is changed', () => {
    for (let at = 0; at < 32; at++) {
      const { part, accepted } = exchange();
      const { confirmation } = accepted.finish;
      assert.equal(part.finish({ confirmation: flipped(confirmation, at) }), undefined, `byte ${at}`);
      for (const next of [confirmation, new Uint8Array(32)]) {
        assert.equal(part.finish({ confirmation: next }), undefined, 'there is one attempt');
      }
    }
  });

  it('is finished once: not by its own confirmation again, nor by zeros after it was given up', () => {
    const { part, accepted } = exchange();
    assert.ok(part.finish(accepted.finish) !== undefined);
    assert.equal(part.finish(accepted.finish), undefined);
    const other = exchange().part;
    other.discard();
    assert.equal(other.finish({ confirmation: new Uint8Array(32) }), undefined);
  });

  it('takes nobody for the host or the part who only names its key', () => {
    const thief = newKey();
    const claimsHost = new HostExchange({ staticKey: thief, random });
    const part = new PartExchange(
      { staticKey: partKey, random },
      { ...claimsHost.request, hostKey: hostKey.publicKey },
    );
    assert.throws(() => claimsHost.accept({ ...part.answer, evidence: new Uint8Array(0) }), { code: 'KS-L115' });

    const host = new HostExchange({ staticKey: hostKey, random });
    const claimsPart = new PartExchange({ staticKey: thief, random }, host.request);
    const answer = { ...claimsPart.answer, partKey: partKey.publicKey, evidence: new Uint8Array(0) };
    assert.throws(() => host.accept(answer), { code: 'KS-L115' });
  });

  it('refuses keys of small order on either side', () => {
    const small = [new Uint8Array(32), Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0))];
    for (const key of small) {
      for (const field of ['hostKey', 'hostEphemeral'] as const) {
        assert.throws(() => exchange({ begin: (request) => ({ ...request, [field]: key }) }), { code: 'KS-L116' });
      }
      for (const field of ['partKey', 'partEphemeral'] as const) {
        assert.throws(() => exchange({ begun: (answer) => ({ ...answer, [field]: key }) }), { code: 'KS-L116' });
      }
    }
  });
});
