/**
 * The configuration: who this unit is, whom it dials under which policy of its part, and how it starts.
 *
 * Its bytes are measured by the part and must match a signed manifest, so a changed file means no client
 * authentication. The port is not in it: the part checks the server's name and root, whatever the port.
 */
import { KeystileError } from '@keystile/errors';
import { z } from 'zod';
import { modes, SET_POINT_MAX, SET_POINT_MIN } from './settings.ts';

const configurationSchema = z.strictObject({
  format: z.literal(1),
  id: z.string().regex(/^[a-z0-9-]{1,64}$/),
  /** Name of the policy in the part that TLS sessions are opened under. */
  policy: z.string().min(1).max(32),
  /** The name that the broker's certificate must carry. */
  server: z.string().min(1).max(253),
  /** Of the weather. */
  seed: z.int().min(0).max(0xffffffff),
  startsWith: z.strictObject({
    mode: z.enum(modes),
    setPoint: z.number().min(SET_POINT_MIN).max(SET_POINT_MAX).multipleOf(0.5),
  }),
});

export type Configuration = z.infer<typeof configurationSchema>;

/** Throws KS-U204. The bytes are the ones that the part measures, so that nothing else can be what is used. */
export function parseConfiguration(bytes: Uint8Array): Configuration {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new KeystileError('KS-U204', 'the configuration is no JSON', { cause });
  }
  const configuration = configurationSchema.safeParse(content);
  if (configuration.success) return configuration.data;
  throw new KeystileError('KS-U204', z.prettifyError(configuration.error).replaceAll('\n', ' '));
}
