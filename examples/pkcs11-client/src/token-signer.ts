import { createHash } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import { ecdsaSignatureOf, type Signer } from '@keystile/tls/node';

/**
 * A signer whose key is in a PKCS#11 token: a smart card, an HSM, SoftHSM2. The token hashes nothing and sees no
 * certificate: it gets the digest of what TLS wants signed, and gives r ‖ s.
 *
 * One open token a process: the library counts sessions for all of it, and closing one closes it for everybody.
 */
export interface TokenOptions {
  /** Path of the token maker's library, such as `libsofthsm2.so`. */
  readonly library: string;
  /** The token's label; its slot number changes when tokens are initialised. */
  readonly token: string;
  /** The label of the private key, P-256 or P-384. */
  readonly key: string;
  readonly pin: string;
}

export interface OpenToken {
  readonly signer: Signer;
  close(): void;
}

const digests = { ecdsa_secp256r1_sha256: ['sha256', 64], ecdsa_secp384r1_sha384: ['sha384', 96] } as const;

/** Throws `KS-T134` with what the token, or the way to it, said. */
export async function openToken(options: TokenOptions): Promise<OpenToken> {
  const pkcs11js = await loadPkcs11();
  const module = new pkcs11js.PKCS11();
  try {
    module.load(options.library);
    module.C_Initialize();
    const session = openSession(pkcs11js, module, options);
    const key = findKey(pkcs11js, module, { session, label: options.key });
    const signer: Signer = async (input, scheme) => {
      const [hash, length] = digests[scheme];
      const digest = createHash(hash).update(input).digest();
      module.C_SignInit(session, { mechanism: pkcs11js.CKM_ECDSA }, key);
      return ecdsaSignatureOf(await module.C_SignAsync(session, digest, Buffer.alloc(length)));
    };
    return { signer, close: () => closeModule(module) };
  } catch (error) {
    closeModule(module);
    if (error instanceof KeystileError) throw error;
    throw new KeystileError('KS-T134', error instanceof Error ? error.message : String(error), { cause: error });
  }
}

type Pkcs11 = typeof import('pkcs11js');
type Pkcs11Module = InstanceType<Pkcs11['PKCS11']>;
type Handle = ReturnType<Pkcs11Module['C_OpenSession']>;

async function loadPkcs11(): Promise<Pkcs11> {
  try {
    const loaded: Pkcs11 & { readonly default?: Pkcs11 } = await import('pkcs11js');
    return loaded.default ?? loaded;
  } catch (cause) {
    const sentence = 'pkcs11js is not built; run: npm rebuild pkcs11js --ignore-scripts=false';
    throw new KeystileError('KS-T134', sentence, { cause });
  }
}

function openSession(pkcs11js: Pkcs11, module: Pkcs11Module, { token, pin }: TokenOptions): Handle {
  const slot = module.C_GetSlotList(true).find((each) => module.C_GetTokenInfo(each).label.trim() === token);
  if (slot === undefined) throw new KeystileError('KS-T134', `no token has the label '${token}'`);
  const session = module.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION);
  module.C_Login(session, pkcs11js.CKU_USER, pin);
  return session;
}

function findKey(
  pkcs11js: Pkcs11,
  module: Pkcs11Module,
  { session, label }: { readonly session: Handle; readonly label: string },
): Handle {
  module.C_FindObjectsInit(session, [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY },
    { type: pkcs11js.CKA_LABEL, value: label },
  ]);
  const [key] = module.C_FindObjects(session, 1);
  module.C_FindObjectsFinal(session);
  if (key === undefined) throw new KeystileError('KS-T134', `the token holds no private key '${label}'`);
  return key;
}

/** A library that was never loaded has nothing to finalise, and says so. */
function closeModule(module: Pkcs11Module): void {
  try {
    module.C_Finalize();
  } catch {
    // The reason why it was closed is the one that counts.
  }
  module.close();
}
