/** The model runs of `store_properties.browser.ts`, on OPFS: its handles exist in dedicated workers only. */
import fc from 'fast-check';
import { OpfsStorage } from '../../storage/opfs/storage';
import type { FormatOptions } from '../types';
import { actionLists } from './model_actions';
import { ModelRun } from './model_check';

const FORMAT: FormatOptions = { logBytes: 8 * 1024, extentBytes: 512, groupAlignBytes: 512 };

export interface PropertiesRequest {
  readonly runs: number;
  readonly operations: number;
  readonly seed: number;
}

onmessage = ({ data }: MessageEvent<PropertiesRequest>): void => {
  checkOnOpfs(data).then(
    () => postMessage('holds'),
    (error: unknown) => postMessage(String(error).slice(0, 4000)),
  );
};

async function checkOnOpfs({ operations, runs, seed }: PropertiesRequest): Promise<void> {
  const storage = new OpfsStorage({
    path: ['store_properties'],
    label: 'the property test',
    now: () => performance.now(),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  });
  const property = fc.asyncProperty(actionLists(operations, ['crash']), async (actions) => {
    await storage.remove();
    await new ModelRun({ open: () => storage.open({ create: true }) }, { format: FORMAT }).run(actions);
  });
  await fc.assert(property, { numRuns: runs, seed, endOnFailure: true });
}
