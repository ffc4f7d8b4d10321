export { runProgram, type Surroundings } from './program.ts';
export { exitCodes } from './terminal/exit-codes.ts';
