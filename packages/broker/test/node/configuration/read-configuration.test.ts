import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KeystileError } from '@keystile/errors';
import { defaultBudget, defaultLimits } from '../../../src/limits.ts';
import { parseConfiguration } from '../../../src/node/configuration/read-configuration.ts';
import { mqttsListener, wssListener } from '../../support/test-broker.ts';

const issuer = `[[issuer]]
name = "device-ca"
certificate = "device-ca.pem"
fleet = "home"
roles = ["device"]
`;

describe('the configuration', () => {
  test('a listener gets every limit by default', () => {
    const { listener } = parseConfiguration(issuer + mqttsListener(), 'broker.toml');
    assert.deepEqual(listener[0]?.limits, defaultLimits);
  });

  test('limits are set per listener', () => {
    const text = `${mqttsListener()}[listener.limits]\nreceive_maximum = 20\ntopic_aliases = 10\npacket_size = 2_000_000\n`;
    const { limits } = parseConfiguration(text, 'broker.toml').listener[0] ?? assert.fail();
    assert.deepEqual([limits.receiveMaximum, limits.topicAliasMaximum, limits.packetSizeMax], [20, 10, 2_000_000]);
  });

  test('budgets of a client, of an identity and of the process are set where they belong', () => {
    const rates = 'publishes_per_second = 20\npublish_bytes_per_second = 4096\npublish_excess = "refuse"\n';
    const text = `${mqttsListener('accepts_per_second = 50\nloop_lag_ms = 30\n')}[listener.limits]\n${rates}retained_per_identity = 7\n[budget]\nqueued_bytes = 1_000\n`;
    const { listener, budget } = parseConfiguration(text, 'broker.toml');
    assert.deepEqual(budget, { queued_bytes: 1000, retained_bytes: defaultBudget.retainedBytesMax });
    assert.partialDeepStrictEqual(listener[0], { accepts_per_second: 50, loop_lag_ms: 30 });
    assert.partialDeepStrictEqual(listener[0]?.limits, {
      publishesPerSecondMax: 20,
      publishBytesPerSecondMax: 4096,
      publishExcess: 'refuse',
      retainedPerIdentityMax: 7,
    });
  });

  test('evidence names its makers, its registry and the classes that must show it', () => {
    const text = `${mqttsListener()}[evidence]\nmaker_anchors = "m.pem"\nregistry = "d.json"\n[[evidence.demand]]\nroles = ["device"]\nfleet = "home"\n`;
    const { evidence } = parseConfiguration(text, 'broker.toml');
    assert.deepEqual(evidence?.demand, [{ roles: ['device'], fleet: 'home' }]);
    assert.equal(parseConfiguration(mqttsListener(), 'broker.toml').evidence, undefined);
  });

  test('shared subscriptions go by turns, and clients are sent nowhere, unless it says so', () => {
    const plain = parseConfiguration(mqttsListener(), 'broker.toml');
    assert.equal(plain.shared_subscriptions.strategy, 'round-robin');
    assert.equal(plain.drain.server_reference, undefined);
    const more = '[shared_subscriptions]\nstrategy = "local-first"\n[drain]\nserver_reference = "two.example:8883"\n';
    const said = parseConfiguration(mqttsListener() + more, 'broker.toml');
    assert.equal(said.shared_subscriptions.strategy, 'local-first');
    assert.equal(said.drain.server_reference, 'two.example:8883');
  });

  const wrong: readonly [what: string, text: string, place: RegExp][] = [
    ['TOML that is none', 'listener = [', /broker\.toml:1: /],
    ['an unknown key', `${mqttsListener('prot = 1\n')}`, /broker\.toml:8: listener\.0\.prot: is not a key/],
    [
      'an unknown key of the second listener',
      mqttsListener() + wssListener('colour = "red"\n'),
      /broker\.toml:17: listener\.1\.colour/,
    ],
    ['an unknown key at the top', `colour = "red"\n${mqttsListener()}`, /broker\.toml:1: colour/],
    [
      'a limit beyond its bounds',
      `${mqttsListener()}[listener.limits]\ntopic_levels = 500\n`,
      /broker\.toml:10: listener\.0\.limits\.topic_levels/,
    ],
    [
      'a rate of nothing, which would be read as no limit',
      `${mqttsListener()}[listener.limits]\npublishes_per_second = 0\n`,
      /broker\.toml:10: listener\.0\.limits\.publishes_per_second/,
    ],
    ['a limit of nothing', `${mqttsListener()}[listener.limits]\nreceive_maximum = 0\n`, /receive_maximum/],
    [
      'a strategy that is none',
      `${mqttsListener()}[shared_subscriptions]\nstrategy = "random"\n`,
      /broker\.toml:10: shared_subscriptions\.strategy/,
    ],
    ['no listener', issuer, /listener/],
    ['a kind that is none', mqttsListener().replace('mqtts', 'mqtt'), /broker\.toml:3: listener\.0\.kind/],
    [
      'a role that is none',
      issuer.replace('["device"]', '["admin"]') + mqttsListener(),
      /broker\.toml:5: issuer\.0\.roles/,
    ],
    [
      'a rule with a substitution inside a level',
      `${mqttsListener()}[[rule]]\nroles = ["device"]\naction = "publish"\neffect = "allow"\ntopics = ["ac/x%i/#"]\n`,
      /broker\.toml:13: rule\.0\.topics\.0: has the level 'x%i'/,
    ],
    [
      'evidence without a registry',
      `${mqttsListener()}[evidence]\nmaker_anchors = "m.pem"\n`,
      /broker\.toml:9: evidence\.registry/,
    ],
    [
      'a demand for evidence of nobody',
      `${mqttsListener()}[evidence]\nmaker_anchors = "m.pem"\nregistry = "d.json"\n[[evidence.demand]]\nroles = []\n`,
      /broker\.toml:13: evidence\.demand\.0\.roles/,
    ],
    [
      'a demand for evidence on a listener that is not there',
      `${mqttsListener()}[evidence]\nmaker_anchors = "m.pem"\nregistry = "d.json"\n[[evidence.demand]]\nroles = ["device"]\nlisteners = ["no-such"]\n`,
      /broker\.toml:14: evidence\.demand\.0\.listeners/,
    ],
    [
      'an identity that is none',
      '[[listener]]\nname = "x"\nkind = "unix"\npath = "s"\nidentity = "urn:keystile:home:device:+"\n',
      /broker\.toml:5: listener\.0\.identity/,
    ],
  ];
  for (const [what, text, place] of wrong) {
    test(`${what} is KS-B100 and says where`, () => {
      assert.throws(
        () => parseConfiguration(text, 'broker.toml'),
        (error: unknown) => {
          assert.ok(error instanceof KeystileError);
          assert.equal(error.code, 'KS-B100');
          assert.match(error.message, place);
          return true;
        },
      );
    });
  }
});
