export { type LinuxBus, type LinuxBusOptions, openLinuxBus } from './linux-bus.ts';
