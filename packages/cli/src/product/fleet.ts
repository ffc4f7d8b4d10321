/** The fleet of a home: created by a ceremony at the first start, opened at later ones, with all credentials current. */
import { authorityFolder, createFleet, ensureCredentials, type Fleet, openFleet } from '@keystile/authority';
import type { HomePaths } from '../home/paths.ts';

/** The name in every identity of this home: `urn:keystile:home:…`. */
export const FLEET_NAME = 'home';

export async function prepareFleet(paths: HomePaths, isNew: boolean): Promise<Fleet> {
  const folder = authorityFolder(paths.home);
  const fleet = isNew ? await createFleet({ folder, name: FLEET_NAME, now: Date.now }) : await openFleet(folder);
  await ensureCredentials({ fleet, home: paths.home, nowMs: Date.now() });
  return fleet;
}
