import { BytesError } from '@keystile/bytes';
import { isErrorCode, KeystileError } from '@keystile/errors';
import { type Command, encodeRequest } from './command.ts';
import { decodeResponse, type Refusal, type Response } from './status.ts';

/** Something that carries a request to the part and brings its response. */
export type Exchange = (request: Uint8Array) => Promise<Uint8Array>;

/**
 * Calls a command. A refusal of the part is thrown as it is: its own code and sentence. Throws `KS-L101` when the
 * response is not of this protocol.
 */
export async function callCommand<Request, Result>(
  exchange: Exchange,
  command: Command<Request, Result>,
  request: Request,
): Promise<Result> {
  const bytes = await exchange(encodeRequest(command, request));
  const response = decodeOrRefuse(command, bytes);
  if (response.kind === 'refused') throw errorOf(response.refusal);
  return response.value;
}

function decodeOrRefuse<Request, Result>(command: Command<Request, Result>, bytes: Uint8Array): Response<Result> {
  try {
    return decodeResponse(command.result, bytes);
  } catch (error) {
    if (error instanceof BytesError)
      throw new KeystileError('KS-L101', `response to ${command.name}: ${error.message}`);
    throw error;
  }
}

/** The part's refusal as an error. A code that this version does not know is kept in the sentence. */
export function errorOf(refusal: Pick<Refusal, 'code' | 'detail'>): KeystileError {
  if (isErrorCode(refusal.code)) return new KeystileError(refusal.code, refusal.detail);
  return new KeystileError('KS-L101', `the part refused with the unknown code ${refusal.code}: ${refusal.detail}`);
}
