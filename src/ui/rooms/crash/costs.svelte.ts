/** What each safeguard costs on the run of the room: calls counted on recorded runs, time taken on real files. */
import { SvelteMap } from 'svelte/reactivity';
import { costOf, median, type RunCost } from '../../../lab/crash_costs';
import type { CrashRequest, CrashSwitch } from '../../../protocol/crash';
import type { LabApi } from '../../../protocol/lab_api';

/** Runs a variant is timed, in turn with the others: what disturbs the machine disturbs all alike. */
export const COST_RUNS = 9;

interface Variant {
  /** Undefined: with all of them. */
  readonly name: string | undefined;
  readonly request: CrashRequest;
  readonly cost: RunCost;
  readonly times: number[];
}

export class Costs {
  /** Of the run without the one that is named. */
  readonly of = new SvelteMap<string, RunCost>();
  whole: RunCost | undefined = $state.raw();
  /** What is being measured, in words. */
  measuring: string | undefined = $state();

  forget(): void {
    this.of.clear();
    this.whole = undefined;
  }

  /** @param realFiles Whether this browser has any: time on stand-ins in memory is none. */
  async measure(
    api: LabApi,
    request: CrashRequest,
    switches: readonly CrashSwitch[],
    realFiles: boolean,
  ): Promise<void> {
    if (this.measuring !== undefined) return;
    try {
      const variants: Variant[] = [];
      this.measuring = 'the calls';
      for (const name of [undefined, ...switches.map((one) => one.name)]) {
        const without = { ...request, switchedOff: name === undefined ? [] : [name] };
        const cost = costOf(await api.planCrashes(without));
        variants.push({ name, request: without, cost, times: [] });
        this.#set(variants.at(-1)!);
      }
      if (!realFiles) return;
      for (let run = 0; run < COST_RUNS; run++) {
        this.measuring = `run ${run + 1} of ${COST_RUNS}`;
        for (const { request, times } of variants) times.push(await api.timeCrashSource(request));
      }
      for (const variant of variants) this.#set(variant);
    } finally {
      this.measuring = undefined;
    }
  }

  #set({ name, cost, times }: Variant): void {
    const milliseconds = median(times);
    const measured = milliseconds === undefined ? cost : { ...cost, milliseconds };
    if (name === undefined) this.whole = measured;
    else this.of.set(name, measured);
  }
}
