/** Going from mark to mark with the arrow keys: by where the marks are, as the eye would. */
import type { Mark, Scene } from './scene';

const STOPS = new Set<Mark['kind']>([
  'bar',
  'end',
  'gate',
  'call',
  'header',
  'record',
  'padding',
  'segment',
  'slot',
  'extent',
]);

/** The marks one can stand on: those in the window that can be selected, from top to bottom and left to right. */
export function reachable(scene: Scene): Mark[] {
  const { gutter, width } = scene.frame;
  const inside: Mark[] = [];
  for (const mark of scene.marks.values()) {
    if (!STOPS.has(mark.kind) || mark.select === undefined) continue;
    const x = pageX(mark, scene) + mark.width / 2;
    if (x >= gutter && x <= width) inside.push(mark);
  }
  return inside.sort((a, b) => a.y - b.y || pageX(a, scene) - pageX(b, scene));
}

/** The nearest one in the direction of the key; what lies straight ahead counts as nearer than what lies aside. */
export function nearestMark(stops: readonly Mark[], from: Mark, key: string, scene: Scene): Mark {
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

function pageX(mark: Mark, { timeOffset, tapeOffset }: Scene): number {
  return mark.x - (mark.plane === 'time' ? timeOffset : mark.plane === 'tape' ? tapeOffset : 0);
}

const centre = (mark: Mark, scene: Scene): { x: number; y: number } => ({
  x: pageX(mark, scene) + mark.width / 2,
  y: mark.y + mark.height / 2,
});
