export { type PowerCut, PowerSupply } from './power-cut.ts';
export { type PartExit, type PartProcess, type SpawnPartOptions, spawnPart } from './spawn-part.ts';
export { latchTamperWithoutPower } from './tamper-latch.ts';
