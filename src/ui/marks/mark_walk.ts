/** Going from mark to mark with the arrow keys: by where the marks are, as the eye would. */
import { type Mark, pageX, type Scene } from './scene';

/** The marks one can stand on: those of these kinds in the window that can be selected, top to bottom, left to right. */
export function reachable<M extends Mark>(scene: Scene<M>, kinds: ReadonlySet<M['kind']>): M[] {
  const { from, to } = scene.window;
  const inside: M[] = [];
  for (const mark of scene.marks.values()) {
    if (!kinds.has(mark.kind) || mark.select === undefined) continue;
    const x = pageX(mark, scene) + mark.width / 2;
    if (x >= from && x <= to) inside.push(mark);
  }
  return inside.sort((a, b) => a.y - b.y || pageX(a, scene) - pageX(b, scene));
}

/** The nearest one in the direction of the key; what lies straight ahead counts as nearer than what lies aside. */
export function nearestMark<M extends Mark>(stops: readonly M[], from: M, key: string, scene: Scene<M>): M {
  const horizontal = key === 'ArrowLeft' || key === 'ArrowRight';
  const sign = key === 'ArrowLeft' || key === 'ArrowUp' ? -1 : 1;
  const at = centre(from, scene);
  let best = from;
  let bestDistance = Infinity;
  for (const mark of stops) {
    if (mark.id === from.id) continue;
    const to = centre(mark, scene);
    const ahead = (horizontal ? to.x - at.x : to.y - at.y) * sign;
    const aside = Math.abs(horizontal ? to.y - at.y : to.x - at.x);
    if (ahead <= 0.5) continue;
    const distance = ahead + aside * 3;
    if (distance < bestDistance) [best, bestDistance] = [mark, distance];
  }
  return best;
}

const centre = <M extends Mark>(mark: M, scene: Scene<M>): { x: number; y: number } => ({
  x: pageX(mark, scene) + mark.width / 2,
  y: mark.y + mark.height / 2,
});
