import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { handlers, type PartMemory, type RandomSource, SoftwareVault, type Vault } from '@keystile/chip';
import { commands, decodeResponse, encodeRequest, type Response } from '@keystile/link';
import { InProcessPart, TestFleet } from '@keystile/testkit';

let fleet: TestFleet;
let part: InProcessPart;
before(async () => {
  fleet = await TestFleet.create();
  part = new InProcessPart({ clock: fleet.clock });
  await fleet.make(part);
});
after(() => fleet.remove());

async function answer(request: Uint8Array, of: InProcessPart = part): Promise<Response<unknown>> {
  return decodeResponse(commands.info.result, await of.chip.handle(request));
}

/** Status, code and sentence of what must be a refusal. */
async function refusal(request: Uint8Array, of?: InProcessPart): Promise<object> {
  const response = await answer(request, of);
  assert.equal(response.kind, 'refused');
  return response.kind === 'refused' ? response.refusal : {};
}

test('an opcode that is no command is refused, whichever it is, and so is nothing at all', async () => {
  const known = new Set(Object.values(commands).map(({ opcode }) => opcode));
  for (let opcode = 0; opcode < 256; opcode++) {
    if (known.has(opcode)) continue;
    const found = await refusal(Uint8Array.of(opcode));
    assert.partialDeepStrictEqual(found, { status: 'unknown-command', code: 'KS-C101' }, `opcode ${opcode}`);
  }
  const detail = 'an empty request is no command of this part';
  assert.partialDeepStrictEqual(await refusal(new Uint8Array(0)), { code: 'KS-C101', detail });
});

test('every command refuses a byte too many and, where it has fields, a byte too few', async () => {
  for (const [name, { opcode, request }] of Object.entries(commands)) {
    const longer = new Uint8Array(70_000).fill(0xff);
    longer[0] = opcode;
    assert.partialDeepStrictEqual(await refusal(longer), { status: 'malformed', code: 'KS-C102' }, name);
    if (request.layout === '{  }') continue;
    assert.partialDeepStrictEqual(await refusal(Uint8Array.of(opcode)), { status: 'malformed', code: 'KS-C102' }, name);
  }
});

test('every command of the protocol has its handler', () => {
  assert.deepEqual(Object.keys(handlers), Object.keys(commands));
});

test('SELF_TEST passes', async () => {
  assert.deepEqual(await part.call(commands.selfTest, {}), { passed: true, failed: '' });
});

test('what nobody foresaw is an internal fault, and its words stay inside', async () => {
  const around = (memory: PartMemory, random: RandomSource): Vault => {
    const vault = new SoftwareVault(() => memory.fuseRecord, random);
    return {
      kind: 'broken',
      generate: () => Promise.reject(new TypeError('the secret is 4711')),
      sign: (order) => vault.sign(order),
      destroy: () => vault.destroy(),
    };
  };
  const broken = new InProcessPart({ clock: fleet.clock, vault: around });
  const request = encodeRequest(commands.makerBegin, { serial: 'KS-1', model: 'M' });
  const found = await refusal(request, broken);
  assert.partialDeepStrictEqual(found, { status: 'internal', code: 'KS-C100' });
  assert.doesNotMatch(JSON.stringify(found), /4711/);
  assert.equal((await answer(encodeRequest(commands.info, {}), broken)).kind, 'accepted', 'and the part works on');
});

test('commands are carried out one after the other, in the order in which they came', async () => {
  const order: number[] = [];
  const all = [1, 2, 3, 4].map(async (each) => {
    const isSlow = each % 2 === 0;
    await part.chip.handle(
      isSlow ? encodeRequest(commands.generate, { slot: 'ldevid' }) : encodeRequest(commands.info, {}),
    );
    order.push(each);
  });
  await Promise.all(all);
  assert.deepEqual(order, [1, 2, 3, 4]);
});
