import { describe, expect, it } from 'vitest';
import { LINE_PX, linesInDocument, scrollTopFor } from './line_window';

describe('the lines in the document', () => {
  it('hold all that is in sight, wherever one scrolls to', () => {
    for (let top = 0; top <= 400 * LINE_PX; top += 7) {
      const { from, to } = linesInDocument(top, 250, 0, 400);
      expect(from * LINE_PX).toBeLessThanOrEqual(top);
      expect(to === 400 || to * LINE_PX >= top + 250).toBe(true);
      expect(to - from).toBeLessThan(40);
    }
  });

  it('become the whole file as more is asked for', () => {
    expect(linesInDocument(3000, 250, 400, 400)).toEqual({ from: 0, to: 400 });
    expect(linesInDocument(0, 0, 8, 0)).toEqual({ from: 0, to: 0 });
  });

  it('stay the same while one scrolls inside a step', () => {
    expect(linesInDocument(1000, 250, 8, 400)).toEqual(linesInDocument(1003, 250, 8, 400));
  });

  it('are scrolled to a line with some before it, and never past either end', () => {
    expect(scrollTopFor(1, 400, 250)).toBe(0);
    expect(scrollTopFor(100, 400, 250)).toBe(99 * LINE_PX - 100);
    expect(scrollTopFor(400, 400, 250)).toBe(400 * LINE_PX - 250);
    expect(scrollTopFor(3, 4, 250)).toBe(0);
  });
});
