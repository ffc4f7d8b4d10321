/** RFC 8446 §5.1. */
export const contentTypes = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
} as const;

export type ContentType = keyof typeof contentTypes;
