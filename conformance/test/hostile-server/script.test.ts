import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Talk } from '@keystile/adversary';
import { alertCodes } from '@keystile/tls/codec';
import { type Acceptance, honest, type Refusal, ScriptGroup } from '../../src/hostile-server/script.ts';

/** A refusal that is judged right, of which each test makes one thing wrong. */
const right: Refusal<Talk> = {
  name: 'is refused',
  script: (talk) => {
    talk.hello();
    talk.saySealed(talk.server.finished());
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
};

function verdict(refusal: Refusal<Talk>): string | undefined {
  const group = new ScriptGroup<Talk>('a group', { open: (options) => new Talk(honest, options), encrypted: true });
  group.refuses(refusal);
  const [only] = group.cases;
  assert.equal(only?.name, `a group: ${refusal.name}`);
  return only.judge();
}

function verdictOnAcceptance(acceptance: Acceptance<Talk>): string | undefined {
  const group = new ScriptGroup<Talk>('a group', { open: (options) => new Talk(honest, options), encrypted: true });
  group.accepts(acceptance);
  return group.cases[0]?.judge();
}

describe('a script is judged', () => {
  it('right when code, alert and encryption are those that are due', () => {
    assert.equal(verdict(right), undefined);
  });

  const wrongs: readonly (readonly [string, Partial<Refusal<Talk>>, RegExp])[] = [
    ['the code is another', { code: 'KS-T111' }, /KS-T111 was due, and not KS-T110/],
    ['the alert is another', { alert: 'decode_error' }, /"decode_error encrypted" was due, and the server heard "unex/],
    ['no alert is due and one comes', { alert: 'none' }, /the alert "" was due/],
    ['the alert should be in the clear', { encrypted: false }, /heard "unexpected_message encrypted"/],
    ['nothing is refused', { script: (talk) => talk.hello() }, /KS-T110 was due, and the client is handshaking/],
    [
      'the client connects first',
      {
        script: (talk) => {
          talk.connect();
          talk.saySealed(Uint8Array.of(20, 0, 0, 0));
        },
      },
      /the server was authenticated/,
    ],
  ];
  for (const [name, change, reason] of wrongs) {
    it(`wrong when ${name}`, () => assert.match(verdict({ ...right, ...change }) ?? '', reason));
  }

  it('as accepted only if it is, and connects', () => {
    const name = 'is in order';
    const alert = Uint8Array.of(1, alertCodes.close_notify);
    assert.equal(verdictOnAcceptance({ name, script: (talk) => talk.connect() }), undefined);
    assert.match(verdictOnAcceptance({ name, script: () => {} }) ?? '', /the client is handshaking/);
    const refused = verdictOnAcceptance({ name, script: (talk) => talk.say(talk.server.plain('alert', alert)) });
    assert.match(refused ?? '', /it is in order, and was refused: KS-T104/);
  });
});
