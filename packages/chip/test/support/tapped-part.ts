import assert from 'node:assert/strict';
import { createHash, hkdfSync } from 'node:crypto';
import { concatBytes, encodeUtf8 } from '@keystile/bytes';
import { HostPairing } from '@keystile/device';
import { commands, X25519Key } from '@keystile/link';
import { InProcessPart, type TestFleet } from '@keystile/testkit';
import { Fuses } from '../../src/memory/fuse.ts';
import { pairingKeyOf } from '../../src/pairing/part-pairing.ts';
import { HmacDrbg } from '../../src/random/hmac-drbg.ts';
import type { Secret } from './leaks.ts';

/** A paired part of which a test knows what its generator gave: from that follow the secrets of its channel. */
export class TappedPart {
  readonly part: InProcessPart;
  readonly draws: Uint8Array[];
  /** The host before it met the part. */
  readonly host: HostPairing = HostPairing.create();

  private constructor(fleet: TestFleet) {
    this.draws = tapGenerators();
    this.part = new InProcessPart({ clock: fleet.clock, pairing: this.host });
  }

  static async provisioned(fleet: TestFleet): Promise<TappedPart> {
    const tapped = new TappedPart(fleet);
    await fleet.provision(tapped.part);
    return tapped;
  }

  get staticKey(): Uint8Array {
    return pairingKeyOf((Fuses.open(this.part.fuses)?.record ?? assert.fail('the part has fuses')).memoryKey);
  }
}

/** Everything that the generators of this process give from now on. */
function tapGenerators(): Uint8Array[] {
  const draws: Uint8Array[] = [];
  const { generate } = HmacDrbg.prototype;
  HmacDrbg.prototype.generate = function tapped(this: HmacDrbg, length: number): Uint8Array {
    const bytes = generate.call(this, length);
    draws.push(bytes.slice());
    return bytes;
  };
  return draws;
}

/** The static keys of both sides. */
export function pairingSecrets({ host, staticKey }: TappedPart): Secret[] {
  return [
    { name: 'pairing key of the part', bytes: staticKey },
    { name: 'pairing key of the host', bytes: host.exportPrivateKey() },
  ];
}

/** What the exchange on the bus and the part's private keys give, by the words of the reference page. */
export function channelSecrets({ part, draws, staticKey }: TappedPart): Secret[] {
  const begin = part.bus.transactions.find((each) => each[0] === 0xa7 && each[5] === commands.pairBegin.opcode);
  const [hostStatic, hostEphemeral] = [begin?.slice(6, 38) ?? assert.fail(), begin?.slice(38, 70) ?? assert.fail()];
  const wires = Buffer.concat(part.bus.transactions);
  const drawn = draws.filter(({ length }) => length === 32);
  const ephemeral = drawn.find((each) => wires.includes(Buffer.from(new X25519Key(each).publicKey))) ?? assert.fail();
  const [own, fresh] = [new X25519Key(staticKey), new X25519Key(ephemeral)];
  const shared = [own.agree(hostStatic), own.agree(hostEphemeral), fresh.agree(hostStatic), fresh.agree(hostEphemeral)];
  const publicKeys = concatBytes(hostStatic, own.publicKey, hostEphemeral, fresh.publicKey);
  const transcript = createHash('sha256').update('Keystile pairing 1\0').update(publicKeys).digest();
  const direction = (label: string): Secret[] => {
    const output = new Uint8Array(hkdfSync('sha256', concatBytes(...shared), transcript, encodeUtf8(label), 44));
    return [
      { name: `${label}, key`, bytes: output.subarray(0, 32) },
      { name: `${label}, iv`, bytes: output.subarray(32) },
    ];
  };
  return [
    { name: 'ephemeral pairing key of the part', bytes: ephemeral },
    ...shared.map((bytes, at) => ({ name: `shared secret ${at}`, bytes: new Uint8Array(bytes) })),
    ...direction('host to part'),
    ...direction('part to host'),
  ];
}
