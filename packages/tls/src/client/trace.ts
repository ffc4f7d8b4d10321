/**
 * What the engine tells an observer: message types, sizes, directions and key *names*. No value derived from a secret
 * is in here, and none may be added.
 */
export type TraceEvent =
  | {
      readonly kind: 'message';
      readonly direction: 'sent' | 'received';
      /** Such as `ClientHello`, or `type 99` for one the engine does not know. */
      readonly name: string;
      /** With the four-byte header. */
      readonly length: number;
      readonly protectedBy: KeyEpoch;
    }
  | {
      readonly kind: 'alert';
      readonly direction: 'sent' | 'received';
      readonly name: string;
      readonly protectedBy: KeyEpoch;
    }
  | { readonly kind: 'application-data'; readonly direction: 'sent' | 'received'; readonly length: number }
  | { readonly kind: 'key'; readonly action: 'created' | 'derived' | 'destroyed'; readonly name: string }
  | { readonly kind: 'signature'; readonly action: 'requested' | 'accepted' | 'refused'; readonly scheme: string }
  | { readonly kind: 'state'; readonly from: string; readonly to: string };

export type KeyEpoch = 'none' | 'handshake' | 'application';

export type Trace = (event: TraceEvent) => void;
