import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reason, ReturnCode } from '@keystile/mqtt';
import { Revocations } from '../../src/admission/revocations.ts';
import { identityOf, World } from '../support/world.ts';

const identity = identityOf('device:a');
const { urn } = identity;

describe('Revocations', () => {
  it('know a serial number however it is written', () => {
    const revocations = new Revocations();
    revocations.add({ kind: 'serial', serial: '00:0A:bC' });
    for (const serial of ['abc', '0ABC', '00:0a:bc']) assert.ok(revocations.covers({ identity, serial }), serial);
    assert.ok(!revocations.covers({ identity, serial: 'abcd' }));
    assert.ok(!revocations.covers({ identity, serial: undefined }));
    assert.ok(revocations.remove({ kind: 'serial', serial: 'ABC' }));
    assert.ok(!revocations.covers({ identity, serial: 'abc' }));
  });

  it('apply the list of a CA to its own certificates', () => {
    const revocations = new Revocations();
    revocations.replaceLists(new Map([['one', { serials: new Set(['abc']), isUsable: true }]]));
    assert.equal(revocations.refusalOf({ identity, serial: '0abc', issuer: 'one' })?.code, 'KS-B208');
    assert.equal(revocations.refusalOf({ identity, serial: '0abc', issuer: 'two' }), undefined);
    assert.equal(revocations.refusalOf({ identity, serial: '0abc' }), undefined);
  });

  it('refuse newcomers of a CA whose list is not usable, without ending anybody', () => {
    const revocations = new Revocations();
    revocations.replaceLists(new Map([['one', { serials: new Set(), isUsable: false }]]));
    const credentials = { identity, serial: '1', issuer: 'one' };
    assert.equal(revocations.refusalOf(credentials)?.code, 'KS-B342');
    assert.ok(!revocations.covers(credentials));
  });

  it('list what was denied, so that it can be kept', () => {
    const revocations = new Revocations();
    const all = [
      { kind: 'identity', urn },
      { kind: 'quarantine', urn },
      { kind: 'serial', serial: 'abc' },
    ] as const;
    for (const each of all) revocations.add(each);
    assert.deepEqual(revocations.denied, all);
  });
});

for (const version of [3, 4, 5] as const) {
  describe(`Version ${version}`, () => {
    it('keeps the session of an identity in quarantine, and forgets that of a revoked one', () => {
      for (const kind of ['quarantine', 'identity'] as const) {
        const world = new World();
        const options = { version, cleanStart: false, properties: { sessionExpiryInterval: 60 } };
        const device = world.connect('device:a', options);
        device.subscribe('ac/a/set/#', { qos: 1 });
        assert.equal(world.broker.revoke({ kind, urn }, world.nowMs), 1);
        world.flush();
        assert.ok(device.isClosed);
        if (version === 5) assert.equal(device.takeDisconnect(), Reason.administrativeAction);
        const refused = world.open('device:a', options);
        refused.sendConnect();
        assert.equal(refused.connack?.code, version === 5 ? Reason.banned : ReturnCode.notAuthorized);
        assert.ok(world.broker.readmit({ kind, urn }));
        const again = world.connect('device:a', options);
        const kept = kind === 'quarantine';
        if (version > 3) assert.equal(again.connack?.sessionPresent, kept);
        world.connect('service:s').publish('ac/a/set/x', { qos: 1, payload: 'y' });
        assert.deepEqual(again.takeTexts(), kept ? ['ac/a/set/x=y'] : []);
      }
    });
  });
}
