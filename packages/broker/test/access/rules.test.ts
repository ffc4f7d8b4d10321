import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultRules } from '../../src/access/default-rules.ts';
import { type AccessRule, Permissions, patternFlaw } from '../../src/access/rules.ts';
import type { Identity } from '../../src/admission/identity.ts';
import { topicFilter, topicName } from '../support/client.ts';
import { identityOf } from '../support/world.ts';

function rule(action: AccessRule['action'], topic: string, effect: AccessRule['effect'] = 'allow'): AccessRule {
  return { roles: ['device'], action, topic, effect };
}

describe('Permissions', () => {
  it('deny what no rule names, and everything to a role without rules', () => {
    const none = new Permissions([], identityOf('device:a'));
    const other = new Permissions([rule('publish', '#')], identityOf('service:a'));
    for (const permissions of [none, other]) {
      assert.equal(permissions.mayPublish(topicName('a')).allowed, false);
      assert.equal(permissions.maySubscribe(topicFilter('a')).allowed, false);
    }
  });

  it('keep publishing and subscribing apart', () => {
    const permissions = new Permissions([rule('publish', 'p'), rule('subscribe', 's')], identityOf('device:a'));
    assert.equal(permissions.mayPublish(topicName('p')).allowed, true);
    assert.equal(permissions.mayPublish(topicName('s')).allowed, false);
    assert.equal(permissions.maySubscribe(topicFilter('s')).allowed, true);
    assert.equal(permissions.maySubscribe(topicFilter('p')).allowed, false);
  });

  it('let a deny beat every allow, whatever the order, and name the rule that decided', () => {
    const deny = rule('publish', 'a/secret/#', 'deny');
    for (const rules of [
      [rule('publish', 'a/#'), deny],
      [deny, rule('publish', 'a/#')],
    ]) {
      const permissions = new Permissions(rules, identityOf('device:a'));
      assert.deepEqual(permissions.mayPublish(topicName('a/secret/x')), { allowed: false, rule: deny });
      assert.equal(permissions.mayPublish(topicName('a/open')).allowed, true);
    }
  });

  it('do not read one allow together with another as if they were one', () => {
    const permissions = new Permissions([rule('subscribe', 'a/x'), rule('subscribe', 'a/y')], identityOf('device:a'));
    assert.equal(permissions.maySubscribe(topicFilter('a/+')).allowed, false);
  });

  it('do not open $ topics by a wildcard', () => {
    const permissions = new Permissions([rule('publish', '#'), rule('subscribe', '+/#')], identityOf('device:a'));
    assert.equal(permissions.mayPublish(topicName('$SYS/x')).allowed, false);
    assert.equal(permissions.maySubscribe(topicFilter('$SYS/#')).allowed, false);
  });

  it('put the identity in as one level, and never as a wildcard or several levels', () => {
    for (const id of ['+', '#', 'a/b', '.*', '%i', '']) {
      const hostile: Identity = { fleet: 'f', role: 'device', id, urn: `urn:keystile:f:device:${id}` };
      const permissions = new Permissions([rule('publish', 'ac/%i/state')], hostile);
      for (const topic of ['ac/victim/state', 'ac/a/b/state']) {
        assert.equal(permissions.mayPublish(topicName(topic)).allowed, false, `${id} ${topic}`);
      }
    }
  });

  it('substitute id and fleet', () => {
    const permissions = new Permissions([rule('publish', '%f/%i/x')], identityOf('device:a'));
    assert.equal(permissions.mayPublish(topicName('test/a/x')).allowed, true);
    assert.equal(permissions.mayPublish(topicName('test/b/x')).allowed, false);
    assert.equal(permissions.mayPublish(topicName('%f/%i/x')).allowed, false);
  });
});

describe('A rule pattern', () => {
  it('is a filter with substitutions that stand alone in a level', () => {
    for (const pattern of ['a/b', '#', 'ac/%i/#', '%f/+/x', '$SYS/#']) assert.equal(patternFlaw(pattern), undefined);
    for (const pattern of ['', 'a/#/b', 'a+', 'ac/x%i', 'ac/%u', '%', '$share/g/a', 'a/%i%f']) {
      assert.notEqual(patternFlaw(pattern), undefined, pattern);
    }
  });
});

describe('The rules of the product', () => {
  const device = new Permissions(defaultRules, identityOf('device:ac-1'));
  const operator = new Permissions(defaultRules, identityOf('operator:olga'));
  const service = new Permissions(defaultRules, identityOf('service:authority'));

  it('are well formed', () => {
    for (const { topic } of defaultRules) assert.equal(patternFlaw(topic), undefined, topic);
  });

  it('let a device speak for itself alone', () => {
    assert.equal(device.mayPublish(topicName('ac/ac-1/state')).allowed, true);
    assert.equal(device.mayPublish(topicName('ac/ac-2/state')).allowed, false);
    assert.equal(device.maySubscribe(topicFilter('ac/ac-1/set/#')).allowed, true);
    for (const filter of ['#', 'ac/#', 'ac/+/set/#', 'ac/ac-2/set/#', '$keystile/+/command']) {
      assert.equal(device.maySubscribe(topicFilter(filter)).allowed, false, filter);
    }
  });

  it('let nobody but a service address a device by $keystile', () => {
    for (const permissions of [device, operator]) {
      assert.equal(permissions.mayPublish(topicName('$keystile/ac-1/command')).allowed, false);
    }
    assert.equal(service.mayPublish(topicName('$keystile/ac-1/command')).allowed, true);
  });

  it('let an operator watch and set every air conditioner, and of the $ topics only the numbers of the broker', () => {
    assert.equal(operator.maySubscribe(topicFilter('ac/#')).allowed, true);
    assert.equal(operator.mayPublish(topicName('ac/ac-1/set/target')).allowed, true);
    assert.equal(operator.mayPublish(topicName('ac/ac-1/state')).allowed, false);
    assert.equal(operator.maySubscribe(topicFilter('#')).allowed, false);
    assert.equal(operator.maySubscribe(topicFilter('$SYS/#')).allowed, false);
  });
});
