import { type Extension, type ExtensionBlock, encodeExtensions, readExtensions } from '../extensions/extension.ts';
import { decodeAll, encodeMessage } from './message.ts';

/** EncryptedExtensions, RFC 8446 §4.3.1. */
export function decodeEncryptedExtensions(body: Uint8Array): ExtensionBlock {
  return decodeAll('EncryptedExtensions', body, readExtensions);
}

/** For a server: the engine itself never sends one. */
export function encodeEncryptedExtensions(extensions: readonly Extension[]): Uint8Array {
  return encodeMessage('EncryptedExtensions', encodeExtensions(extensions));
}
