export { PARTS_MAX } from './part-paths.ts';
export { type PowerCut, PowerSupply } from './power-cut.ts';
export { type PartExit, type PartProcess, type ServedPart, type SpawnPartOptions, spawnPart } from './spawn-part.ts';
export { latchTamperWithoutPower } from './tamper-latch.ts';
export {
  isTimingProfile,
  ProfilePace,
  type TimingProfile,
  timingProfileNames,
  timingProfiles,
} from './timing-profile.ts';
