/** What the pointer is over, in any panel: the same kind of thing as a selection, but it leaves with the pointer. */
import { NOTHING, type Selection } from '../../lab/selection';

class Hover {
  selection: Selection = $state.raw(NOTHING);
}

export const hover = new Hover();
