import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const bootVerify: CommandHandler<typeof commands.bootVerify> = {
  handle: ({ boot, sessions, pace }, { firmwareManifest, configurationManifest }) => {
    // A session without a device key may have run since BOOT_BEGIN; what the boot says of the host changes here.
    sessions.tickets.drop('boot');
    // Two manifests.
    pace.spend('verify');
    pace.spend('verify');
    return boot.verify({ firmware: firmwareManifest, configuration: configurationManifest });
  },
};
