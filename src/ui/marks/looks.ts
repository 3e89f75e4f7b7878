/**
 * Looks for the canvas, read from the style sheet: an element with the classes is put where it is not drawn, the
 * browser says what they come to, and that is kept; another theme is another `Looks`. So a canvas has no colours of its
 * own. Of CSS it knows what marks use: a colour that lets through is written as one (`color-mix`), not as `fill-opacity`.
 */
import type { Fill, Look, Palette } from './paint';
import type { Form } from './primitives';

const SVG = 'http://www.w3.org/2000/svg';
/** An outline holds its place, so there is no end of them. */
const PATHS_MAX = 2048;
/** One list for all, so that a painter sees that the next line is unbroken too. */
const UNBROKEN: readonly number[] = [];

export class Looks implements Palette {
  /** A `<defs>` inside the drawing: classes there mean what they mean in it. */
  readonly #home: Element;
  readonly #looks: Readonly<Record<Form, Map<string, Look>>> = {
    circle: new Map(),
    line: new Map(),
    path: new Map(),
    rect: new Map(),
    text: new Map(),
  };
  readonly #patterns = new Map<string, CanvasPattern>();
  readonly #paths = new Map<string, Path2D>();

  constructor(home: Element) {
    this.#home = home;
  }

  look(look: string, form: Form): Look {
    const looks = this.#looks[form];
    let known = looks.get(look);
    if (known === undefined) looks.set(look, (known = this.#read(look, form)));
    return known;
  }

  path(d: string): Path2D {
    let known = this.#paths.get(d);
    if (known === undefined) {
      if (this.#paths.size >= PATHS_MAX) this.#paths.clear();
      this.#paths.set(d, (known = new Path2D(d)));
    }
    return known;
  }

  #read(look: string, form: Form): Look {
    const probe = document.createElementNS(SVG, form);
    probe.setAttribute('class', look);
    this.#home.append(probe);
    const style = getComputedStyle(probe);
    const result: Look = {
      fill: this.#fill(style.fill),
      stroke: style.stroke === 'none' ? undefined : style.stroke,
      strokeWidth: Number.parseFloat(style.strokeWidth),
      dash: style.strokeDasharray === 'none' ? UNBROKEN : style.strokeDasharray.split(/[ ,]+/).map(Number.parseFloat),
      cap: style.strokeLinecap as CanvasLineCap,
      join: style.strokeLinejoin as CanvasLineJoin,
      strokeFirst: style.paintOrder.startsWith('stroke'),
      opacity: Number(style.opacity),
      font: `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`,
      align: ALIGN[style.textAnchor] ?? 'start',
    };
    probe.remove();
    return result;
  }

  #fill(value: string): Fill | undefined {
    if (value === 'none') return undefined;
    const id = /^url\("?#([^")]+)"?\)/.exec(value)?.[1];
    if (id === undefined) return { kind: 'colour', colour: value };
    const server = document.getElementById(id);
    if (server instanceof SVGLinearGradientElement) {
      const stops = [...server.querySelectorAll('stop')].map((stop) => ({
        at: stop.offset.baseVal,
        colour: getComputedStyle(stop).stopColor,
      }));
      return { kind: 'shaded', stops };
    }
    if (server instanceof SVGPatternElement) return { kind: 'pattern', pattern: this.#pattern(server) };
    throw new Error(`no gradient or pattern called ${id}: is Patterns.svelte in the page?`);
  }

  #pattern(server: SVGPatternElement): CanvasPattern {
    const known = this.#patterns.get(server.id);
    if (known) return known;
    // In pixels of the screen, as SVG makes it.
    const scale = devicePixelRatio;
    const width = server.width.baseVal.value;
    const height = server.height.baseVal.value;
    const tile = document.createElement('canvas');
    tile.width = Math.round(width * scale);
    tile.height = Math.round(height * scale);
    const pen = tile.getContext('2d')!;
    pen.scale(scale, scale);
    for (const part of server.querySelectorAll('rect')) {
      pen.fillStyle = getComputedStyle(part).fill;
      pen.fillRect(0, 0, part.width.baseVal.value, part.height.baseVal.value);
    }
    const pattern = pen.createPattern(tile, 'repeat')!;
    const turned = server.patternTransform.baseVal.consolidate()?.matrix;
    pattern.setTransform(DOMMatrix.fromMatrix(turned).scale(1 / scale));
    this.#patterns.set(server.id, pattern);
    return pattern;
  }
}

const ALIGN: Readonly<Record<string, CanvasTextAlign>> = { start: 'start', middle: 'center', end: 'end' };
