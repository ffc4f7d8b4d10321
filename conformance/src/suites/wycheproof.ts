import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CaseResult, type Suite, type SuiteOptions, sampled } from '../suite.ts';
import { judgeAead } from '../wycheproof/aead.ts';
import { judgeEcdsa } from '../wycheproof/ecdsa.ts';
import { judgeHkdf } from '../wycheproof/hkdf.ts';
import { judgeEcdh, judgeMlKem, judgeX25519 } from '../wycheproof/key-agreement.ts';
import type { Judge, TestGroup } from '../wycheproof/vectors.ts';

/**
 * C2SP Wycheproof: edge cases of the primitives, driven through the functions with which the engine and the path
 * validator call them, so that our checks of length, form and failure are what is judged, and not OpenSSL alone.
 */
export const suite: Suite = {
  title: 'primitives against C2SP Wycheproof, as the TLS engine and the path validator call them',
  run,
};

const judges: Readonly<Record<string, Judge>> = {
  aes_gcm: judgeAead('AES-GCM'),
  aes_ccm: judgeAead('AES-CCM'),
  ecdh_secp256r1_ecpoint: judgeEcdh,
  x25519: judgeX25519,
  hkdf_sha256: judgeHkdf('sha256'),
  hkdf_sha384: judgeHkdf('sha384'),
  mlkem_768: judgeMlKem,
  ecdsa_secp256r1_sha256: judgeEcdsa('1.2.840.10045.4.3.2'),
  ecdsa_secp384r1_sha384: judgeEcdsa('1.2.840.10045.4.3.3'),
};

async function* run({ vectors, stride }: SuiteOptions): AsyncGenerator<CaseResult> {
  for (const [name, judge] of Object.entries(judges)) {
    const file = join(vectors, 'wycheproof', `${name}_test.json`);
    if (!existsSync(file)) {
      yield { outcome: 'skipped', case: name, reason: `the file is not in ${vectors}/wycheproof (KEYSTILE_VECTORS)` };
      continue;
    }
    const groups: readonly TestGroup[] = JSON.parse(readFileSync(file, 'utf8')).testGroups;
    const cases = groups.flatMap((group) => group.tests.map((vector) => ({ group, vector })));
    for (const { group, vector } of sampled(cases, stride)) {
      yield* judge(group, vector).map((verdict) => ({ ...verdict, case: `${name} ${vector.tcId}${verdict.case}` }));
    }
  }
}
