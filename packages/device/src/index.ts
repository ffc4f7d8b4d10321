export { type BootedVersions, type BootImages, bootPart } from './boot.ts';
export { evidence } from './evidence.ts';
export { type EvidenceAnswers, evidenceAnswers, evidenceProperties } from './evidence-answers.ts';
export { firmwareImage, measuredImage } from './firmware-image.ts';
export {
  type HttpsOptions,
  httpsConnector,
  PartAgent,
  type PartFetch,
  type PartFetchInit,
  partFetch,
} from './http/https.ts';
export { type AccountedBus, type BusCounters, openPart, Part, type PartOptions } from './part.ts';
export { DeviceStream, type SessionReport, type StreamOptions, stream } from './stream.ts';
export { refreshTime, type TimeSource } from './time.ts';
