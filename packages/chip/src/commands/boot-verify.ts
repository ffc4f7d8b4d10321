import type { commands } from '@keystile/link';
import { toldVerdict } from '../log/boot-verdict.ts';
import type { CommandHandler } from './handler.ts';

export const bootVerify: CommandHandler<typeof commands.bootVerify> = {
  handle: ({ boot, sessions, log, pace }, { firmwareManifest, configurationManifest }) => {
    // A session without a device key may have run since BOOT_BEGIN; what the boot says of the host changes here.
    sessions.tickets.drop('boot');
    // Two manifests.
    pace.spend('verify');
    pace.spend('verify');
    return toldVerdict(boot, log, () =>
      boot.verify({ firmware: firmwareManifest, configuration: configurationManifest }),
    );
  },
};
