/** One message on a set topic: either the settings that follow from it or the refusal that is published. Pure. */
import { KeystileError } from '@keystile/errors';
import { changeSetting, type Settings, shorten } from './settings.ts';

/** Bytes of a payload: the longest word that any setting knows has eleven. */
const PAYLOAD_MAX = 32;

/** What is published on `ac/<id>/refused`. */
export interface RefusalDocument {
  readonly topic: string;
  readonly value: string;
  readonly code: string;
  readonly detail: string;
}

export type SetOutcome =
  | { readonly kind: 'accepted'; readonly settings: Settings; readonly value: string }
  | { readonly kind: 'refused'; readonly refusal: RefusalDocument };

export interface SetMessage {
  readonly topic: string;
  readonly setting: string;
  readonly payload: Uint8Array;
}

export function applySet(settings: Settings, { topic, setting, payload }: SetMessage): SetOutcome {
  // Not fatal: what is not UTF-8 becomes characters that no setting knows, and is refused like any other text.
  const value = new TextDecoder().decode(payload.subarray(0, PAYLOAD_MAX + 1));
  try {
    return { kind: 'accepted', settings: changeSetting(settings, setting, value), value };
  } catch (error) {
    if (!(error instanceof KeystileError)) throw error;
    return { kind: 'refused', refusal: { topic, value: shorten(value), code: error.code, detail: error.detail } };
  }
}
