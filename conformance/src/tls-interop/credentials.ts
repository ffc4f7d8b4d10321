import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  alternativeNames,
  dnsName,
  extendedKeyUsage,
  mintCa,
  mintLeaf,
  oids,
  type Party,
  uriName,
} from '../../../packages/pki/test/support/mint.ts';
import { pem } from '../differential/openssl.ts';
import { type ChainLength, chainLengths } from './cell.ts';

/** A certificate, the CA certificates below the root that belong to it, and its key, as PEM and as files. */
export interface Credential {
  readonly chain: string;
  readonly key: string;
  readonly chainFile: string;
  readonly keyFile: string;
}

/** The name that every server's certificate is for. */
export const serverName = 'server.example';
/** Common name of every client's certificate. */
export const clientName = 'device-1';

const DAY_MS = 86_400_000;

/**
 * One root, and below it a server and a client for each length of chain: 1 is a leaf that the root issued, 3 a leaf
 * below two CAs. The peers read the machine's clock, so the certificates are of today.
 */
export class Credentials {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'keystile-interop-'));
  readonly root: string;
  readonly rootFile: string;
  readonly #servers = new Map<ChainLength, Credential>();
  readonly #clients = new Map<ChainLength, Credential>();

  constructor(nowMs: number) {
    const validity = { notBeforeMs: nowMs - DAY_MS, notAfterMs: nowMs + DAY_MS };
    const root = mintCa({ subject: 'Interop Root', ...validity });
    const upper = mintCa({ subject: 'Interop Upper CA', issuer: root, ...validity });
    const lower = mintCa({ subject: 'Interop Lower CA', issuer: upper, ...validity });
    const issuersOf: Readonly<Record<ChainLength, readonly [Party, ...Party[]]>> = {
      1: [root],
      2: [upper, root],
      3: [lower, upper, root],
    };
    this.root = pem(root.der);
    this.rootFile = this.write('root.crt', this.root);
    for (const length of chainLengths) {
      const issuers = issuersOf[length];
      const [issuer] = issuers;
      const server = mintLeaf({
        // No two with one subject: NSS takes those for the same.
        subject: `Server ${length}`,
        issuer,
        ...validity,
        extensions: { subjectAlternativeName: alternativeNames(dnsName(serverName)) },
      });
      const client = mintLeaf({
        subject: clientName,
        issuer,
        ...validity,
        extensions: {
          extendedKeyUsage: extendedKeyUsage(oids.clientAuth),
          subjectAlternativeName: alternativeNames(uriName(`urn:keystile:test:device:${clientName}`)),
        },
      });
      this.#servers.set(length, this.#credential(`server${length}`, [server, ...issuers.slice(0, -1)]));
      this.#clients.set(length, this.#credential(`client${length}`, [client, ...issuers.slice(0, -1)]));
    }
  }

  server(length: ChainLength): Credential {
    return demanded(this.#servers.get(length));
  }

  client(length: ChainLength): Credential {
    return demanded(this.#clients.get(length));
  }

  /** The path of a new file in the folder. */
  write(name: string, content: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #credential(name: string, parties: readonly [Party, ...Party[]]): Credential {
    const chain = parties.map(({ der }) => pem(der)).join('');
    const key = parties[0].key.private.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { chain, key, chainFile: this.write(`${name}.crt`, chain), keyFile: this.write(`${name}.key`, key) };
  }
}

function demanded(credential: Credential | undefined): Credential {
  if (credential === undefined) throw new RangeError('no such length of chain');
  return credential;
}
