/** Making the store on the stage anew: at once where it holds nothing and is to be another one, after a question where not. */
import type { ResetPlan } from '../../protocol/lab_api';
import type { StoreMake } from '../../protocol/session';
import type { Lab } from '../lab.svelte';

export class MakeAnew {
  /** What it would delete; the question is open while there is one. */
  plan: ResetPlan | undefined = $state.raw();
  /** Of the store that would be made; undefined: as it was. */
  wanted: StoreMake | undefined = $state.raw();
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  async ask(make?: StoreMake): Promise<void> {
    this.wanted = make;
    await this.#lab.attempt(async (stage) => {
      const { api } = stage.connection;
      const { session } = stage.active!;
      const plan = await api.planReset(session);
      // Of a store that is not open nobody knows what it holds.
      const { description } = await api.describe(session);
      if (description?.keys === 0 && make !== undefined) await this.#lab.resetStore(plan.token, make);
      else this.plan = plan;
    });
  }
  async reset(): Promise<void> {
    const { token } = this.plan!;
    this.plan = undefined;
    await this.#lab.resetStore(token, this.wanted);
  }
  keep(): void {
    this.plan = undefined;
  }
}
