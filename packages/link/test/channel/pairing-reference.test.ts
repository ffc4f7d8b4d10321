import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromHex, toHex } from '@keystile/bytes';
import { pairingSecrets, pairingTranscript } from '../../src/channel/key-schedule.ts';
import { decodeFrame, encodeFrame } from '../../src/frame/frame.ts';
import { HostExchange, PAYLOAD_MAX, PartExchange, X25519Key } from '../../src/index.ts';

/** The worked example of the reference page, which was made with HKDF and AES-GCM of OpenSSL and not with this code. */
const page = readFileSync(new URL('../../../../docs/reference/pairing.md', import.meta.url), 'utf8');
const example = new Map(
  [...page.matchAll(/^(.+?) += ([0-9a-f]+)$/gm)].map(([, name = '', hex = '']) => [name, fromHex(hex)]),
);

function of(name: string): Uint8Array {
  return example.get(name) ?? assert.fail(`the page has no line '${name}'`);
}

function assertLine(name: string, found: Uint8Array): void {
  assert.equal(toHex(found), toHex(of(name)), name);
}

const keys = new Map(
  ['host static', 'part static', 'host ephemeral', 'part ephemeral'].map((name) => [
    name,
    new X25519Key(of(`${name}, private`)),
  ]),
);

function key(name: string): X25519Key {
  return keys.get(name) ?? assert.fail(name);
}

test('the page has a line for every value', () => {
  assert.equal(example.size, 26);
});

test('the key schedule gives each value of the page', () => {
  for (const [name, { publicKey }] of keys) assertLine(name, publicKey);
  const shared = [
    ['both statics', 'host static', 'part static'],
    ['host ephemeral, part static', 'host ephemeral', 'part static'],
    ['host static, part ephemeral', 'host static', 'part ephemeral'],
    ['both ephemerals', 'host ephemeral', 'part ephemeral'],
  ] as const;
  for (const [name, one, other] of shared) {
    assertLine(name, key(one).agree(key(other).publicKey));
    assertLine(name, key(other).agree(key(one).publicKey));
  }
  const transcript = pairingTranscript({
    hostStatic: of('host static'),
    partStatic: of('part static'),
    hostEphemeral: of('host ephemeral'),
    partEphemeral: of('part ephemeral'),
  });
  assertLine('transcript', transcript);
  const secrets = pairingSecrets(
    transcript,
    shared.map(([name]) => of(name).slice()),
  );
  assertLine('part confirmation', secrets.partConfirmation);
  assertLine('host confirmation', secrets.hostConfirmation);
  assertLine('host to part, key', secrets.hostToPart.key);
  assertLine('host to part, iv', secrets.hostToPart.iv);
  assertLine('part to host, key', secrets.partToHost.key);
  assertLine('part to host, iv', secrets.partToHost.iv);
});

test('the exchange and its frames are those of the page, byte by byte', () => {
  const hostSide = { staticKey: key('host static'), random: () => of('host ephemeral, private').slice() };
  const partSide = { staticKey: key('part static'), random: () => of('part ephemeral, private').slice() };
  const host = new HostExchange(hostSide);
  assertLine('host static', host.request.hostKey);
  assertLine('host ephemeral', host.request.hostEphemeral);
  const part = new PartExchange(partSide, host.request);
  assertLine('part confirmation', part.answer.confirmation);
  const { channel: atHost, finish, statement } = host.accept({ ...part.answer, evidence: new Uint8Array(0) });
  assertLine('transcript', statement.transcript);
  assertLine('host confirmation', finish.confirmation);
  const atPart = part.finish(finish) ?? assert.fail('the part knows its host');

  const plain = (sequence: number, name: string) => {
    return { sequence, kind: 'data', more: false, secured: false, payload: of(name) } as const;
  };
  const crossings = [
    [atHost, atPart, plain(7, 'first request (RANDOM, 4 bytes)'), 'its frame, sequence 7'],
    [atPart, atHost, plain(7, 'its response'), 'its frame, sequence 7, from the part'],
    [atHost, atPart, plain(8, 'second request (RANDOM, 4 bytes)'), 'second frame, sequence 8'],
  ] as const;
  for (const [from, to, frame, name] of crossings) {
    const sealed = from.seal(frame) ?? assert.fail(name);
    assertLine(name, encodeFrame(sealed));
    const received = decodeFrame(of(name), PAYLOAD_MAX) ?? assert.fail(name);
    assert.deepEqual(to.open(received), frame.payload);
  }
});
