/** Runs before each test file: the seed of the run goes to fast-check, so that `FAULTLINE_SEED=n` replays it. */
import fc from 'fast-check';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    seed: number;
  }
}

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: inject('seed') });
