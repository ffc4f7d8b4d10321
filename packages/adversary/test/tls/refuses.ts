import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import type { alertCodes } from '@keystile/tls/codec';
import { type Party, Talk, type TalkOptions } from './talk.ts';

export interface Refusal extends TalkOptions {
  readonly name: string;
  readonly server: Party;
  readonly script: (talk: Talk) => void;
  readonly code: string;
  readonly alert: keyof typeof alertCodes;
  /** Whether the client's alert must have left encrypted. */
  readonly encrypted?: boolean;
}

/** One dishonest server, one error, one alert, and nothing after it. */
export function refuses({ name, server, script, code, alert, encrypted = true, ...options }: Refusal): void {
  it(name, () => {
    const talk = new Talk(server, options);
    script(talk);
    assert.equal(talk.client.failure?.code, code, String(talk.client.failure));
    assert.deepEqual(talk.server.alerts, [{ name: alert, isProtected: encrypted }]);
    talk.client.receive(randomBytes(100));
    assert.equal(talk.client.outputBytes, 0);
    assert.throws(() => talk.client.write(Uint8Array.of(1)), { code: 'KS-T130' });
  });
}
