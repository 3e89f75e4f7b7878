/** What the parts of the media room may ask of it: prices on the models, and measurements of this disk. */
import type { DevicePrice, LayoutSpec, PriceQuestion, ProbeNote } from '../../../protocol/media';

export interface Pricing {
  /** Prices on every device; undefined where the engine could not be asked. */
  price(question: PriceQuestion): Promise<readonly DevicePrice[] | undefined>;
}

export interface Instruments extends Pricing {
  /** What the probe of this disk has found so far. */
  readonly notes: readonly ProbeNote[];
  readonly probed: boolean;
  /** Runs the probe of this disk, unless it is running. */
  measure(): Promise<void>;
  compareLayouts(spec: LayoutSpec): Promise<void>;
}
