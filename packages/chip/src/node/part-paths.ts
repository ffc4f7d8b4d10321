/** Where a virtual part has its memory, its fuses and its two sockets. */
export interface PartPaths {
  readonly nvmFolder: string;
  readonly fuseFile: string;
  readonly busPath: string;
  readonly controlPath: string;
}

/** Parts of one process: a fleet to simulate on one machine, within what a command line may hold. */
export const PARTS_MAX = 1000;

/** Of each part of a process: the one's own paths as they are, those of many with `.1`, `.2` … behind them. */
export function pathsOfParts(paths: PartPaths, parts: number): readonly PartPaths[] {
  if (parts === 1) return [paths];
  return Array.from({ length: parts }, (_, i) => ({
    nvmFolder: `${paths.nvmFolder}.${i + 1}`,
    fuseFile: `${paths.fuseFile}.${i + 1}`,
    busPath: `${paths.busPath}.${i + 1}`,
    controlPath: `${paths.controlPath}.${i + 1}`,
  }));
}
