export { type BootedVersions, type BootImages, bootPart, type LaterStage } from './boot.ts';
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
export { type DialerOptions, type MqttDialer, mqttDialer } from './mqtt-dialer.ts';
export { HostPairing, type PairingCheck } from './pairing/host-pairing.ts';
export { loadHostPairing, saveHostPairing } from './pairing/pairing-file.ts';
export { type AccountedBus, type BusCounters, openPart, Part, type PartOptions } from './part.ts';
export { type LogQuery, type LogReading, readPartLog } from './part-log.ts';
export {
  type ChainSource,
  isRenewalPending,
  renewalDue,
  renewalTimeMs,
  renewCertificate,
  type Validity,
} from './renewal.ts';
export { type ChipStreamOptions, DeviceStream, type SessionReport, type StreamOptions, stream } from './stream.ts';
export { refreshTime, type TimeSource } from './time.ts';
