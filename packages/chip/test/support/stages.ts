import { commands, type ObjectName } from '@keystile/link';
import { InProcessPart, type TestFleet } from '@keystile/testkit';

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

export async function stagesOf(fleet: TestFleet): Promise<Stages> {
  const { clock } = fleet;
  const unmade = new InProcessPart({ clock });
  await unmade.call(commands.info, {});
  const blank = new InProcessPart({ clock });
  await fleet.make(blank);
  const operational = new InProcessPart({ clock });
  await fleet.provision(operational);
  const unpaired = new InProcessPart({ clock });
  await fleet.provisionUnpaired(unpaired);
  return { unmade, blank, provisioned: await provisionedPart(fleet), operational, unpaired };
}

/** The line goes away before the lock. */
async function provisionedPart(fleet: TestFleet): Promise<InProcessPart> {
  const part = new InProcessPart({ clock: fleet.clock });
  class LineGone extends Error {}
  const caller: Parameters<TestFleet['provision']>[0] = {
    pair: (check) => part.pair(check),
    call: (command, request) => {
      if (command.name === 'PROVISION_LOCK') throw new LineGone();
      return part.call(command, request);
    },
  };
  await fleet.provision(caller).catch((error: unknown) => {
    if (!(error instanceof LineGone)) throw error;
  });
  return part;
}

/** All of a public object. */
export async function readWhole(part: InProcessPart, object: ObjectName): Promise<Uint8Array> {
  return (await part.call(commands.read, { object, offset: 0, lengthMax: 4096 })).bytes.slice();
}
