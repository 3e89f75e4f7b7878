/** The words behind the marks: what each state is called and means, and the shapes that need more than a rectangle. */

export const MARK_STATES = ['memory', 'pending', 'handed', 'durable', 'torn', 'garbage'] as const;
export type MarkState = (typeof MARK_STATES)[number];

export const FAMILIES = ['log', 'page', 'table', 'version', 'transaction'] as const;
export type Family = (typeof FAMILIES)[number];

export const STATE_WORDS: Record<MarkState, { readonly name: string; readonly meaning: string }> = {
  memory: { name: 'in memory', meaning: 'Only in memory: gone if the worker dies.' },
  pending: { name: 'pending', meaning: 'Asked for, not there yet.' },
  handed: { name: 'handed over', meaning: 'Given to the file, not flushed: survives a dead worker, not a power cut.' },
  durable: { name: 'durable', meaning: 'Flushed: survives a power cut.' },
  torn: { name: 'torn', meaning: 'Only a part of the write reached the disk.' },
  garbage: { name: 'garbage', meaning: 'Old bytes that nothing needs any more.' },
};

/** A box whose right edge is broken: the part of a write that did not arrive. */
export function tornPath(x: number, y: number, width: number, height: number): string {
  const teeth = Math.max(2, Math.round(height / 6));
  const depth = Math.min(5, width / 3);
  const edge: string[] = [];
  for (let i = 0; i <= teeth * 2; i++) {
    edge.push(`L${round(x + width - (i % 2 === 0 ? 0 : depth))} ${round(y + (height * i) / (teeth * 2))}`);
  }
  return `M${round(x)} ${round(y)}${edge.join('')}L${round(x)} ${round(y + height)}Z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
