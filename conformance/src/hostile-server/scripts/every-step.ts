import type { Talk, Tls12Talk } from '@keystile/adversary';
import { concatBytes } from '@keystile/bytes';
import { alertCodes, handshakeTypes } from '@keystile/tls/codec';
import { type ScriptedCase, type ScriptGroup, tls12Group, tls13Group } from '../script.ts';
import { plain, type Step, tls12Steps, tls13Steps, zeros } from '../steps.ts';

/** What is wrong at any time, said at every time, in both versions. */
function everything<SomeTalk extends Talk | Tls12Talk>(group: ScriptGroup<SomeTalk>, step: Step<SomeTalk>): void {
  wrongMessages(group, step);
  wrongLengths(group, step);
  wrongRecords(group, step);
  interleaved(group, step);
  endings(group, step);
}

/** In no table of ours: end_of_early_data, post-handshake compression of certificates, message_hash, and one of nobody's. */
const foreignTypes = [5, 25, 254, 99];
const unexpected = { code: 'KS-T110', alert: 'unexpected_message' } as const;

function wrongMessages<SomeTalk extends Talk | Tls12Talk>(group: ScriptGroup<SomeTalk>, step: Step<SomeTalk>): void {
  const awaited = new Set<number>(step.awaits.map((name) => handshakeTypes[name]));
  for (const type of [...Object.values(handshakeTypes), ...foreignTypes]) {
    if (awaited.has(type)) continue;
    for (const length of [0, 40]) {
      group.refuses({
        ...at(step),
        ...unexpected,
        name: `message ${type} of ${length} bytes, ${step.name}, is refused`,
        script: (talk) => {
          step.reach(talk);
          step.say(talk, 'handshake', zeros(type, length));
        },
      });
    }
  }
}

function wrongLengths<SomeTalk extends Talk | Tls12Talk>(group: ScriptGroup<SomeTalk>, step: Step<SomeTalk>): void {
  const name = step.awaits[0];
  // A Finished of any length is one that does not match.
  if (name !== undefined && name !== 'Finished' && name !== 'HelloRequest' && name !== 'ServerHelloDone') {
    group.refuses({
      ...at(step),
      name: `${name} without content, ${step.name}, is refused`,
      script: (talk) => {
        step.reach(talk);
        step.say(talk, 'handshake', zeros(name, 0));
      },
      code: 'KS-T111',
      alert: 'decode_error',
    });
  }
  group.refuses({
    ...at(step),
    name: `a message that would have 16 MiB, ${step.name}, is refused by its header`,
    script: (talk) => {
      step.reach(talk);
      step.say(talk, 'handshake', Uint8Array.of(handshakeTypes[name ?? 'Finished'], 255, 255, 255, 0));
    },
    code: 'KS-T117',
    alert: 'illegal_parameter',
  });
}

function wrongRecords<SomeTalk extends Talk | Tls12Talk>(group: ScriptGroup<SomeTalk>, step: Step<SomeTalk>): void {
  for (const type of [0, 19, 24, 64, 255]) {
    const isFirst = step.name === 'before ServerHello';
    group.refuses({
      ...at(step),
      ...unexpected,
      name: `a record of the content type ${type}, ${step.name}, is refused`,
      script: (talk) => {
        step.reach(talk);
        talk.say(plain(type, Uint8Array.of(1)));
      },
      // The very first byte tells a server of TLS from one of something else.
      ...(isFirst ? { code: 'KS-T122' } : {}),
    });
  }
  for (const type of ['handshake', 'alert'] as const) {
    group.refuses({
      ...at(step),
      ...unexpected,
      name: `an empty record of ${type}, ${step.name}, is refused`,
      script: (talk) => {
        step.reach(talk);
        step.say(talk, type, new Uint8Array(0));
      },
    });
  }
  group.refuses({
    ...at(step),
    name: `a record of 65,535 bytes, ${step.name}, is refused by its header`,
    script: (talk) => {
      step.reach(talk);
      talk.say(Uint8Array.of(step.encrypted && isTls13(talk) ? 23 : 22, 3, 3, 255, 255));
    },
    code: 'KS-T116',
    alert: 'record_overflow',
  });
  for (const length of [1, 3, 4]) {
    group.refuses({
      ...at(step),
      name: `an alert of ${length} bytes, ${step.name}, is refused`,
      script: (talk) => {
        step.reach(talk);
        step.say(talk, 'alert', new Uint8Array(length).fill(1));
      },
      code: 'KS-T111',
      alert: 'decode_error',
    });
  }
  if (step.from === 'connected') return;
  for (const content of [new Uint8Array(0), Uint8Array.of(1)]) {
    group.refuses({
      ...at(step),
      ...unexpected,
      name: `application data of ${content.length} bytes, ${step.name}, is refused`,
      script: (talk) => {
        step.reach(talk);
        step.say(talk, 'application_data', content);
      },
      ...(step.name === 'before ServerHello' ? { code: 'KS-T122' } : {}),
    });
  }
}

/** RFC 8446 §5.1: the fragments of one message stand in records that follow each other. */
function interleaved<SomeTalk extends Talk | Tls12Talk>(group: ScriptGroup<SomeTalk>, step: Step<SomeTalk>): void {
  const half = zeros(step.awaits[0] ?? 'Finished', 30).subarray(0, 9);
  for (const [type, content] of [
    ['alert', Uint8Array.of(1, alertCodes.user_canceled)],
    ['alert', Uint8Array.of(1, alertCodes.close_notify)],
    ['change_cipher_spec', Uint8Array.of(1)],
    ['application_data', Uint8Array.of(1)],
  ] as const) {
    group.refuses({
      ...at(step),
      ...unexpected,
      name: `${type} ${content.join()} in the middle of a message, ${step.name}, is refused`,
      script: (talk) => {
        step.reach(talk);
        step.say(talk, 'handshake', half);
        step.say(talk, type, content);
      },
    });
  }
}

function endings<SomeTalk extends Talk | Tls12Talk>(group: ScriptGroup<SomeTalk>, step: Step<SomeTalk>): void {
  for (const [name, content] of [
    ['', new Uint8Array(0)],
    [' in the middle of a message', zeros(step.awaits[0] ?? 'Finished', 30).subarray(0, 9)],
    [' after a message header', Uint8Array.of(handshakeTypes[step.awaits[0] ?? 'Finished'], 0, 0, 30)],
  ] as const) {
    group.refuses({
      ...at(step),
      name: `the transport that ends${name}, ${step.name}, is an error and not an end`,
      script: (talk) => {
        step.reach(talk);
        if (content.length > 0) step.say(talk, 'handshake', content);
        talk.client.transportEnded();
        talk.server.receive(talk.client.takeOutput());
      },
      code: 'KS-T119',
      alert: 'none',
    });
  }
  group.refuses({
    ...at(step),
    name: `the transport that ends in the middle of a record, ${step.name}, is an error and not an end`,
    script: (talk) => {
      step.reach(talk);
      talk.say(plain(step.encrypted && isTls13(talk) ? 'application_data' : 'handshake', zeros(2, 60)).subarray(0, 40));
      talk.client.transportEnded();
      talk.server.receive(talk.client.takeOutput());
    },
    code: 'KS-T119',
    alert: 'none',
  });
  group.refuses({
    ...at(step),
    name: `five warnings in a row, ${step.name}, are a flood`,
    script: (talk) => {
      step.reach(talk);
      for (let i = 0; i < 5; i++) step.say(talk, 'alert', concatBytes(Uint8Array.of(1, alertCodes.user_canceled)));
    },
    code: 'KS-T118',
    alert: 'unexpected_message',
  });
}

function at<SomeTalk extends Talk | Tls12Talk>({
  encrypted,
  from,
}: Step<SomeTalk>): { readonly encrypted: boolean; readonly from?: 'connected' } {
  return { encrypted, ...(from === undefined ? {} : { from }) };
}

function isTls13(talk: Talk | Tls12Talk): boolean {
  return 'useHandshakeKeys' in talk.server;
}

const tls13 = tls13Group('at every step');
const tls12 = tls12Group('at every step');
for (const step of tls13Steps) everything(tls13, step);
for (const step of tls12Steps) everything(tls12, step);

export const everyStep: readonly ScriptedCase[] = [...tls13.cases, ...tls12.cases];
