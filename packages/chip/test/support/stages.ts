import { commands, type ObjectName, type Policy } from '@keystile/link';
import { InProcessPart, type InProcessPartOptions, type TestFleet } from '@keystile/testkit';

/** A part at each stage of its life, to be forked. */
export interface Stages {
  readonly unmade: InProcessPart;
  readonly blank: InProcessPart;
  /** Everything is written, and it is not locked. */
  readonly provisioned: InProcessPart;
  readonly operational: InProcessPart;
  /** The same, and paired with nobody. */
  readonly unpaired: InProcessPart;
}

export interface StageOptions extends InProcessPartOptions {
  readonly policies?: readonly Policy[];
}

export async function stagesOf(fleet: TestFleet, options: StageOptions = {}): Promise<Stages> {
  const { policies = fleet.policies, ...ports } = options;
  const all = { clock: fleet.clock, ...ports };
  const unmade = new InProcessPart(all);
  await unmade.call(commands.info, {});
  const blank = new InProcessPart(all);
  await fleet.make(blank);
  const operational = new InProcessPart(all);
  await fleet.provision(operational, policies);
  const unpaired = new InProcessPart(all);
  await fleet.provisionUnpaired(unpaired, policies);
  const provisioned = await provisionedPart(fleet, new InProcessPart(all), policies);
  return { unmade, blank, provisioned, operational, unpaired };
}

/** The line goes away before the lock. */
async function provisionedPart(
  fleet: TestFleet,
  part: InProcessPart,
  policies: readonly Policy[],
): Promise<InProcessPart> {
  class LineGone extends Error {}
  const caller: Parameters<TestFleet['provision']>[0] = {
    pair: (check) => part.pair(check),
    call: (command, request) => {
      if (command.name === 'PROVISION_LOCK') throw new LineGone();
      return part.call(command, request);
    },
  };
  await fleet.provision(caller, policies).catch((error: unknown) => {
    if (!(error instanceof LineGone)) throw error;
  });
  return part;
}

/** All of a public object. */
export async function readWhole(part: InProcessPart, object: ObjectName): Promise<Uint8Array> {
  return (await part.call(commands.read, { object, offset: 0, lengthMax: 4096 })).bytes.slice();
}
