/** For tests: a session as the lab runs it, held to the engine after each event and at each rest (V1, V2). */
import type { StoreDescription } from '../../../../kv_store/types';
import type { SessionSpec } from '../../../../protocol/session';
import type { TraceRecord } from '../../../../protocol/trace';
import { HeldRun } from '../../testing/held_run';
import { treeFold } from '../fold';
import type { TreeView } from '../model';
import { narrate } from '../narrate';
import { expectSameExtents, expectSameTree } from './same_tree';

export class LabRun extends HeldRun<TreeView> {
  readonly #isHeld: boolean;

  /** @param options `isHeld` false: the engine's description knows of damage that no event told of, or of none at all */
  constructor(settings: string, spec: Partial<SessionSpec> = {}, { isHeld = true } = {}) {
    super({ fold: treeFold, narrate }, settings, spec);
    this.#isHeld = isHeld;
  }

  protected override compare(engine: () => StoreDescription, _: TraceRecord, when: () => string): boolean {
    const tree = this.#isHeld ? engine().tree : undefined;
    if (tree === undefined) return false;
    expectSameTree(this.view, tree, when);
    return true;
  }

  protected override compareAtRest({ extents }: StoreDescription, when: string): void {
    expectSameExtents(this.view, extents, when);
  }
}
