/** Where a text stops being JSON. `JSON.parse` says so in other words in each engine, and in some not at all. */

const TOKEN = new RegExp(
  [
    String.raw`[ \t\r\n]*(?:([{}[\],:])`,
    String.raw`("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")`,
    String.raw`(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|true(?!\w)|false(?!\w)|null(?!\w)))`,
  ].join('|'),
  'y',
);

/** What may come next: a value, a value or `]`, a name or `}`, a name, `:`, or what follows a value. */
type Expected = 'value' | 'first_item' | 'first_name' | 'name' | 'colon' | 'after';

/** Offset of the first word that cannot stand where it does; the length of the text if it only ends too early. */
export function jsonFaultAt(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  for (let at = 0; ; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) return at + /^[ \t\r\n]*/.exec(text.slice(at))![0].length;
    const [, mark, string] = match;
    const next = after(expected, mark, string !== undefined, open);
    if (next === undefined) return TOKEN.lastIndex - match[0].trimStart().length;
    expected = next;
  }
}

/** The state after this word, or undefined if it cannot stand here. `open` is kept up to date. */
function after(
  expected: Expected,
  mark: string | undefined,
  isString: boolean,
  open: ('{' | '[')[],
): Expected | undefined {
  const inside = open.at(-1);
  const closes = (mark === '}' && inside === '{') || (mark === ']' && inside === '[');
  const mayClose = expected === 'after' || expected === (mark === '}' ? 'first_name' : 'first_item');
  if (closes && mayClose) {
    open.pop();
    return 'after';
  }
  switch (expected) {
    case 'after':
      return mark === ',' && inside !== undefined ? (inside === '{' ? 'name' : 'value') : undefined;
    case 'colon':
      return mark === ':' ? 'value' : undefined;
    case 'name':
    case 'first_name':
      return isString ? 'colon' : undefined;
    default:
      if (mark === undefined) return 'after';
      if (mark !== '{' && mark !== '[') return undefined;
      open.push(mark);
      return mark === '{' ? 'first_name' : 'first_item';
  }
}
