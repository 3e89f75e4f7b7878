/** The data sets a worker knows: those that are made from numbers, and those that were handed in. */
import { MADE_DATASETS, type Dataset } from '../workload/datasets';
import { LabError } from './lab_error';

export class DatasetLibrary {
  readonly #datasets = new Map<string, Dataset>(MADE_DATASETS.map((dataset) => [dataset.name, dataset]));

  add(dataset: Dataset): void {
    this.#datasets.set(dataset.name, dataset);
  }

  find(name: string): Dataset {
    const dataset = this.#datasets.get(name);
    if (dataset !== undefined) return dataset;
    const names = [...this.#datasets.keys()].join(', ');
    throw new LabError('dataset_unknown', `There is no data set ${name} here: there are ${names}.`);
  }

  /** Whether everyone has it without being handed it. */
  isMade(name: string): boolean {
    return MADE_DATASETS.some((dataset) => dataset.name === name);
  }
}
