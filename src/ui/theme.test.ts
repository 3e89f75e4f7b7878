import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** The colours of `theme.css`, light and dark, as OKLCH. */
function readTheme(): Map<string, [Oklch, Oklch]> {
  const css = readFileSync(new URL('./theme.css', import.meta.url), 'utf8');
  const colours = new Map<string, [Oklch, Oklch]>();
  for (const [, name, light, dark] of css.matchAll(/--([\w-]+): light-dark\(oklch\(([^)]+)\), oklch\(([^)]+)\)\)/g)) {
    colours.set(name!, [parse(light!), parse(dark!)]);
  }
  return colours;
}

type Oklch = readonly [l: number, c: number, h: number];
function parse(text: string): Oklch {
  const [l, c, h] = text.split(' ').map(Number);
  return [l!, c!, h!];
}

/** Relative luminance (WCAG 2) of an OKLCH colour (Ottosson 2020), and whether a screen can show it. */
function luminance([l, c, h]: Oklch): { y: number; inGamut: boolean } {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb = [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ];
  const [r, g, blue] = rgb.map((x) => Math.min(1, Math.max(0, x)));
  return { y: 0.2126 * r! + 0.7152 * g! + 0.0722 * blue!, inGamut: rgb.every((x) => x > -0.004 && x < 1.004) };
}

function contrast(a: Oklch, b: Oklch): number {
  const [light, dark] = [luminance(a).y, luminance(b).y].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

const theme = readTheme();
const GROUNDS = ['ground', 'panel', 'raised'];
const FAMILIES = ['log', 'page', 'table', 'version', 'transaction'];

const TEXT: [string, string[]][] = [
  ['ink', GROUNDS],
  ['ink-2', GROUNDS],
  ['ink-3', GROUNDS],
  ['good', [...GROUNDS, 'good-soft']],
  ['warn', [...GROUNDS, 'warn-soft']],
  ['bad', [...GROUNDS, 'bad-soft']],
  ...FAMILIES.map((f): [string, string[]] => [`${f}-ink`, [...GROUNDS, `${f}-soft`]]),
];
const GRAPHICS: [string, string[]][] = [
  ['focus', GROUNDS],
  ['line-strong', GROUNDS],
  ...FAMILIES.map((f): [string, string[]] => [f, GROUNDS]),
  ...FAMILIES.map((f): [string, string[]] => [`${f}-edge`, [...GROUNDS, `${f}-soft`]]),
];

for (const [index, name] of ['light', 'dark'].entries()) {
  test(`in the ${name} theme text has 4.5:1 and marks have 3:1`, () => {
    const low: string[] = [];
    for (const [pairs, least] of [
      [TEXT, 4.5],
      [GRAPHICS, 3],
    ] as const) {
      for (const [front, backs] of pairs) {
        for (const back of backs) {
          const ratio = contrast(theme.get(front)![index]!, theme.get(back)![index]!);
          if (ratio < least) low.push(`${front} on ${back}: ${ratio.toFixed(2)}, wants ${least}`);
        }
      }
    }
    expect(low).toEqual([]);
  });

  test(`in the ${name} theme every colour can be shown by an sRGB screen`, () => {
    const outside = [...theme].filter(([, pair]) => !luminance(pair[index]!).inGamut).map(([colour]) => colour);
    expect(outside).toEqual([]);
  });
}
