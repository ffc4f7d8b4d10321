import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { equalPublicBytes } from '@keystile/bytes';
import { lockEvidence, lockOrder, pairingEvidence, provisionEvidence, timeToken } from '@keystile/cose';
import { HostPairing } from '@keystile/device';
import { KeystileError } from '@keystile/errors';
import {
  type Command,
  chainFields,
  commands,
  decodeField,
  decodeRequest,
  decodeResponse,
  encodeAccepted,
  encodeField,
  encodeRequest,
  identityFields,
  type KeySlot,
  type LifeCycle,
  type ObjectName,
  objectNames,
  type PairingStatement,
  PartExchange,
  type ValueOf,
  X25519Key,
  x25519Spki,
} from '@keystile/link';
import { certificationRequest, certificationRequestInfo } from '@keystile/pki/path';
import type { PairableCaller } from '../../src/index.ts';
import { es256Signer, publicKeyDer, sha256 } from '../../src/state/signer.ts';

type Requests = { [Name in keyof typeof commands]: ValueOf<(typeof commands)[Name]['request']> };
type Results = { [Name in keyof typeof commands]: ValueOf<(typeof commands)[Name]['result']> };
type Handlers = {
  -readonly [Name in keyof Results]?: (request: Requests[Name]) => Results[Name] | Promise<Results[Name]>;
};

/**
 * A part as the factory line meets it: the commands from the maker's step to the lock, with keys of its own and real
 * signatures, through the real codecs. It obeys the flow and checks order and time token; it has no TLS, bus or memory.
 *
 * A lying part is made from it by replacing one of its handlers, which may call the honest one.
 */
export class SimulatedPart implements PairableCaller {
  serial = '';
  model = '';
  lifeCycle: LifeCycle = 'unmade';
  lineNonce = new Uint8Array(32);
  /** Of the host that stands before the part. */
  host: HostPairing = HostPairing.create();
  readonly pairingKey: X25519Key = new X25519Key(new Uint8Array(randomBytes(32)));
  #exchange: PartExchange | undefined;
  readonly objects = new Map<ObjectName, Uint8Array>();
  readonly keys = new Map<KeySlot | 'attestation', KeyObject>();
  readonly #pending = new Map<ObjectName, Uint8Array>();
  #line: KeyObject | undefined;
  #nonce = new Uint8Array(16);

  handlers: Required<Pick<Handlers, HandledName>> = {
    info: () => ({
      protocolVersion: 1,
      payloadMax: 1024,
      serial: this.serial,
      model: this.model,
      partVersion: '0.1.0',
      vault: 'software',
      lifeCycle: this.lifeCycle,
    }),
    makerBegin: ({ serial, model }) => {
      this.serial = serial;
      this.model = model;
      return { attestationPublicKey: this.#newKey('attestation') };
    },
    makerFinish: ({ chain }) => {
      this.objects.set('attestation-chain', encodeField(chainFields, chain));
      this.lifeCycle = 'blank';
      return {};
    },
    generate: ({ slot }) => ({ publicKey: this.#newKey(slot) }),
    provisionBegin: async ({ lineNonce, linePublicKey }) => {
      this.lineNonce = lineNonce.slice();
      this.#line = createPublicKey({ key: Buffer.from(linePublicKey), format: 'der', type: 'spki' });
      return { evidence: await this.evidence() };
    },
    provisionWrite: ({ object, offset, total, bytes }) => {
      const before = offset === 0 ? new Uint8Array(0) : (this.#pending.get(object) ?? new Uint8Array(0));
      if (before.length !== offset) throw new KeystileError('KS-C100', 'pieces out of order');
      const now = new Uint8Array(Buffer.concat([before, bytes]));
      this.#pending.set(object, now);
      if (now.length === total) this.objects.set(object, now);
      if (object === 'idevid-chain') this.lifeCycle = 'provisioned';
      return {};
    },
    pairBegin: async (request) => {
      const exchange = this.beginExchange(request);
      return { ...exchange.answer, evidence: await this.pairingEvidence(exchange) };
    },
    pairFinish: (request) => {
      const channel = this.#exchange?.finish(request);
      if (channel === undefined) throw new KeystileError('KS-C173');
      this.objects.set('host-pairing-key', x25519Spki(channel.hostKey));
      return {};
    },
    csr: ({ slot }) => ({ request: this.certificateRequest(this.key(slot)) }),
    read: ({ object, offset, lengthMax }) => {
      const bytes = this.objects.get(object) ?? new Uint8Array(0);
      return { bytes: bytes.subarray(offset, offset + lengthMax), length: bytes.length };
    },
    timeChallenge: () => {
      this.#nonce = new Uint8Array(randomBytes(16));
      return { nonce: this.#nonce };
    },
    provisionLock: async ({ dryRun, order, timeToken: token }) => {
      const contentsDigest = this.contentsDigest();
      if (dryRun) return { contentsDigest, evidence: new Uint8Array(0) };
      this.#checkOrder(order, contentsDigest);
      this.#checkTime(token);
      this.lifeCycle = 'operational';
      return { contentsDigest, evidence: await this.lockEvidence(contentsDigest) };
    },
  };

  /** As the device SDK does it; there is no bus, so nothing is sealed by the channel that comes of it. */
  async pair(check: (statement: PairingStatement) => void): Promise<void> {
    const inClear = (request: Uint8Array): Promise<Uint8Array> => this.#answer(request);
    await this.host.openChannel(inClear, check);
  }

  beginExchange(request: Requests['pairBegin']): PartExchange {
    const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
    this.#exchange = new PartExchange({ staticKey: this.pairingKey, random }, request);
    return this.#exchange;
  }

  pairingEvidence(
    { keys, transcript }: Pick<PartExchange, 'keys' | 'transcript'>,
    change: Partial<Parameters<typeof pairingEvidence.encode>[0]> = {},
    signer?: KeyObject,
  ): Promise<Uint8Array> {
    const { serial, lineNonce } = this;
    const hostKeyDigest = sha256(keys.hostStatic);
    const partKeyDigest = sha256(keys.partStatic);
    const claims = { serial, lineNonce, hostKeyDigest, partKeyDigest, transcript, ...change };
    return pairingEvidence.sign(claims, es256Signer(signer ?? this.key('attestation')));
  }

  async call<Request, Result>(command: Command<Request, Result>, request: Request): Promise<Result> {
    const response = decodeResponse(command.result, await this.#answer(encodeRequest(command, request)));
    if (response.kind === 'refused') throw new KeystileError('KS-C100', response.refusal.detail);
    return response.value;
  }

  async #answer(request: Uint8Array): Promise<Uint8Array> {
    const found = Object.entries(commands).find(([, each]) => each.opcode === request[0]);
    const [name, command] = (found ?? []) as [string?, Command<unknown, unknown>?];
    const handler = (this.handlers as Record<string, ((request: unknown) => unknown) | undefined>)[name ?? ''];
    if (handler === undefined || command === undefined) {
      throw new KeystileError('KS-C100', `opcode ${request[0]} is not simulated`);
    }
    return encodeAccepted(command.result, await handler(decodeRequest(command, request)));
  }

  key(slot: KeySlot | 'attestation'): KeyObject {
    const key = this.keys.get(slot);
    if (key === undefined) throw new KeystileError('KS-C100', `slot ${slot} is empty`);
    return key;
  }

  /** A request by `key` for the identity that was written, or for another one. */
  certificateRequest(key: KeyObject, uri: string = this.#identityUri()): Uint8Array {
    const [, , organization = '', , commonName = ''] = uri.split(':');
    const info = certificationRequestInfo({ organization, commonName, spki: publicKeyDer(key), uri });
    return certificationRequest(info, sign('sha256', info, key));
  }

  evidence(
    change: Partial<Parameters<typeof provisionEvidence.encode>[0]> = {},
    signer?: KeyObject,
  ): Promise<Uint8Array> {
    const keys = (['idevid', 'ldevid'] as const).map((slot) => ({
      slot,
      purpose: 'tls-client' as const,
      origin: 'generated-inside' as const,
      publicKeyDigest: sha256(publicKeyDer(this.key(slot))),
    }));
    const { serial, model, lineNonce } = this;
    const claims = { serial, model, lineNonce, lifeCycle: 'blank' as const, keys, ...change };
    return provisionEvidence.sign(claims, es256Signer(signer ?? this.key('attestation')));
  }

  lockEvidence(contentsDigest: Uint8Array, signer?: KeyObject): Promise<Uint8Array> {
    const { serial, lineNonce } = this;
    return lockEvidence.sign({ serial, lineNonce, contentsDigest }, es256Signer(signer ?? this.key('attestation')));
  }

  contentsDigest(): Uint8Array {
    const hash = createHash('sha256');
    for (const name of objectNames) {
      const bytes = this.objects.get(name);
      if (bytes === undefined || name === 'attestation-chain') continue;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      hash
        .update(Uint8Array.of(objectNames.indexOf(name)))
        .update(length)
        .update(bytes);
    }
    return new Uint8Array(hash.digest());
  }

  #identityUri(): string {
    const { fleet, role, id } = decodeField(identityFields, this.objects.get('identity') ?? new Uint8Array(0));
    return `urn:keystile:${fleet}:${role}:${id}`;
  }

  #newKey(slot: KeySlot | 'attestation'): Uint8Array {
    const key = newP256();
    this.keys.set(slot, key);
    return publicKeyDer(key);
  }

  #checkOrder(order: Uint8Array, contentsDigest: Uint8Array): void {
    if (this.#line === undefined) throw new KeystileError('KS-C100', 'no provisioning session');
    const claims = lockOrder.verify(order, this.#line);
    const right =
      claims.serial === this.serial &&
      equalPublicBytes(claims.lineNonce, this.lineNonce) &&
      equalPublicBytes(claims.contentsDigest, contentsDigest);
    if (!right) throw new KeystileError('KS-C100', 'the lock order is about something else');
  }

  #checkTime(token: Uint8Array): void {
    const claims = timeToken.verify(token, this.objects.get('time-key') ?? new Uint8Array(0));
    if (claims.serial !== this.serial || !equalPublicBytes(claims.nonce, this.#nonce)) {
      throw new KeystileError('KS-C100', 'the time token is for another part');
    }
  }
}

type HandledName =
  | 'info'
  | 'makerBegin'
  | 'makerFinish'
  | 'generate'
  | 'provisionBegin'
  | 'provisionWrite'
  | 'pairBegin'
  | 'pairFinish'
  | 'csr'
  | 'read'
  | 'timeChallenge'
  | 'provisionLock';

export function newP256(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}
