export { type BusFaultRates, parseBusFaults } from './bus-faults.ts';
export { type BusSpeed, clockPeriods, parseBusSpeed } from './bus-speed.ts';
export { askControl, type ControlAnswer, type ControlRequest, serveControl, type TamperCause } from './control.ts';
export { checkSocketPath } from './socket-path.ts';
export { openVirtualBus, type VirtualBus, type VirtualBusOptions } from './virtual-bus.ts';
export { serveVirtualBus, type VirtualBusServer, type VirtualBusServerOptions } from './virtual-bus-server.ts';
