import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Cell } from '../../src/tls-interop/cell.ts';
import { Credentials } from '../../src/tls-interop/credentials.ts';
import { runCell } from '../../src/tls-interop/handshake.ts';
import { loopback } from '../../src/tls-interop/network.ts';
import type { Peer, ServerSettings } from '../../src/tls-interop/peer.ts';
import { node } from '../../src/tls-interop/peers/node.ts';
import { openssl } from '../../src/tls-interop/peers/openssl.ts';
import { probePeer, type Support } from '../../src/tls-interop/probe.ts';

const credentials = new Credentials(Date.now());
after(() => credentials.remove());

const cell: Cell = {
  suite: 'TLS_AES_128_GCM_SHA256',
  group: 'X25519',
  chainLength: 2,
  clientAuthentication: false,
  retry: false,
  records: 'whole',
  resumption: false,
};

/** The server of Node, which does something else than it is set to. */
function nodeWith(alter: (settings: ServerSettings) => Partial<ServerSettings>): Peer {
  return { ...node, start: (settings) => node.start({ ...settings, ...alter(settings) }) };
}

describe('what a peer has', () => {
  const probe = (peer: Peer): Promise<Support> => probePeer({ peer, credentials, network: loopback });

  it('is all there is, for node:tls', async () => {
    const support = await probe(node);
    assert.deepEqual(support.lacks, []);
    assert.equal(support.hasBasics, true);
  });

  it('is less when a server does not start, chooses another group, or cannot be set; cells of that are told apart', async () => {
    const support = await probe({
      ...node,
      cutsRecords: false,
      start: async (settings) => {
        if (settings.suite.includes('CCM')) throw new Error('no such cipher');
        return node.start({ ...settings, group: settings.group === 'P-384' ? 'P-256' : settings.group });
      },
    });
    assert.deepEqual(
      support.lacks.map(({ feature, reason }) => `${feature}: ${reason}`),
      [
        'small records: it has no setting for the length of its records',
        'P-384 in TLS 1.3: the server chose the group prime256v1',
        'P-384 in TLS 1.2: the server chose the group prime256v1',
        'TLS_AES_128_CCM_SHA256: no such cipher',
        'TLS_ECDHE_ECDSA_WITH_AES_128_CCM: no such cipher',
      ],
    );
    assert.equal(support.hasBasics, true);
    assert.equal(support.lackFor(cell), undefined);
    assert.equal(support.lackFor({ ...cell, group: 'P-384' }), 'P-384 in TLS 1.3');
    assert.equal(support.lackFor({ ...cell, records: 'small' }), 'small records');
  });

  it('lacks the basics when no server starts', async () => {
    const support = await probe({ ...node, start: () => Promise.reject(new Error('no such file')) });
    assert.equal(support.hasBasics, false);
  });
});

describe('a cell fails, and is not skipped, when the server', () => {
  const run = (peer: Peer, changes: Partial<Cell> = {}): Promise<void> =>
    runCell({ peer, credentials, network: loopback }, { ...cell, ...changes });

  it('does not fail: it does what it was set to', async () => {
    await run(node, { clientAuthentication: true, retry: true, resumption: true, records: 'small' });
  });

  it('has another group, so that it asks for a share that should have been there', async () => {
    await assert.rejects(
      run(nodeWith(() => ({ group: 'P-256' }))),
      /"group":"P-256".*"hellos":2.*wanted .*"group":"X25519".*"hellos":1/,
    );
  });

  it('has another version', async () => {
    const older = nodeWith(() => ({ suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256' }));
    await assert.rejects(run(older), /"version":"TLSv1.2".*wanted .*"version":"TLSv1.3"/);
  });

  it('does not ask for the client’s certificate', async () => {
    const silent = nodeWith(() => ({ clientAuthentication: false }));
    await assert.rejects(run(silent, { clientAuthentication: true }), { code: 'KS-T123' });
  });

  it('sends longer records than it should', async () => {
    await assert.rejects(
      run(
        nodeWith(() => ({ records: 'whole' })),
        { records: 'small' },
      ),
      /records of .*\b2001 bytes/,
    );
  });

  it('resumes nothing', async () => {
    const forgetful: Peer = {
      ...node,
      start: async (settings) => {
        const [first, second] = [await node.start(settings), await node.start(settings)];
        let visits = 0;
        return {
          ...first,
          dial: () => (visits++ === 0 ? first : second).dial(),
          stop: async () => void (await Promise.all([first.stop(), second.stop()])),
        };
      },
    };
    await assert.rejects(run(forgetful, { resumption: true }), /"resumed":false.*wanted .*"resumed":true/);
  });

  it('gives back something else', async () => {
    // That of OpenSSL reverses a line, and this one does not.
    await assert.rejects(run({ ...node, exchange: openssl.exchange }), /not what was sent/);
  });
});
