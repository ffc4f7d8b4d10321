export { catalogue, type ErrorCode } from './catalogue.ts';
export type { ErrorEntry, Fault } from './entry.ts';
export { isErrorCode, KeystileError } from './keystile-error.ts';
