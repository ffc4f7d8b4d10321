import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const bootVerify: CommandHandler<typeof commands.bootVerify> = {
  handle: ({ boot }, { firmwareManifest, configurationManifest }) =>
    boot.verify({ firmware: firmwareManifest, configuration: configurationManifest }),
};
