/** Runs before each test file: the seed of the run goes to fast-check, so that `FAULTLINE_SEED=n` replays it. */
import fc from 'fast-check';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    seed: number;
    /** More runs than every day: somebody has time. */
    isLong: boolean;
  }
}

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: inject('seed') });
