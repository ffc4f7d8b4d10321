/**
 * Imported first by the program: Node opens its inspector, and with it every message in memory, on SIGUSR1. A handler
 * of our own keeps that door shut. Importing is the whole effect.
 */
process.on('SIGUSR1', () => {});
