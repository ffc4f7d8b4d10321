import { KeystileError } from '@keystile/errors';
import type { TlsVersion } from '../codepoints.ts';
import { decodeSelectedProtocol } from '../extensions/alpn.ts';
import type { ExtensionBlock } from '../extensions/extension.ts';
import { decodeMaxFragmentLength, fragmentLengthFor } from '../extensions/max-fragment-length.ts';
import { decodeRecordSizeLimit } from '../extensions/record-size-limit.ts';
import { plaintextLengthMax } from '../limits.ts';
import type { Conversation } from './conversation.ts';

/**
 * The server's answers that mean the same in both versions: TLS 1.3 has them in EncryptedExtensions, TLS 1.2 in its
 * ServerHello. Whether they were asked for, the states have checked.
 */

/** RFC 6066 §3: an empty answer says that the server used the name. */
export function acceptServerName(extensions: ExtensionBlock): void {
  if ((extensions.get('server_name')?.length ?? 0) > 0) {
    throw new KeystileError('KS-T111', 'server_name: the answer of a server is empty');
  }
}

export function acceptProtocol(conversation: Conversation, extensions: ExtensionBlock): void {
  const { alpn, alpnRequired } = conversation.policy;
  const data = extensions.get('application_layer_protocol_negotiation');
  if (data === undefined) {
    if (!alpnRequired) return;
    throw new KeystileError('KS-T106', `the server selected none of the application protocols ${alpn.join(', ')}`);
  }
  const name = decodeSelectedProtocol(data);
  if (!alpn.includes(name)) {
    throw new KeystileError('KS-T112', 'the server selected an application protocol that was not offered');
  }
  conversation.note({ alpn: name });
}

export function acceptRecordSize(conversation: Conversation, extensions: ExtensionBlock, version: TlsVersion): void {
  const { reader, writer, policy } = conversation;
  const limitData = extensions.get('record_size_limit');
  const fragmentData = extensions.get('max_fragment_length');
  // RFC 8449 §5: a server that answers both is in error.
  if (limitData !== undefined && fragmentData !== undefined) {
    throw new KeystileError('KS-T112', 'the server answered both record_size_limit and max_fragment_length');
  }
  if (limitData !== undefined) {
    const limit = decodeRecordSizeLimit(limitData);
    // RFC 8449 §4: the type byte counts in TLS 1.3 only, since only there it is inside.
    if (version === '1.3') writer.limitInner(limit);
    else writer.limitPlaintext(Math.min(limit, plaintextLengthMax));
    reader.limitInner(policy.recordSizeLimit);
  }
  if (fragmentData !== undefined) {
    const length = decodeMaxFragmentLength(fragmentData);
    if (length === undefined || length !== fragmentLengthFor(policy.recordSizeLimit)) {
      throw new KeystileError('KS-T112', 'the server answered another max_fragment_length than was offered');
    }
    writer.limitPlaintext(length);
    reader.limitPlaintext(length);
  }
}
