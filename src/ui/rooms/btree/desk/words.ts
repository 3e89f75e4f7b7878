/** Sentences of the worker carry keys between backticks: pieces of text and of code. */
export function withCode(sentence: string): { readonly text: string; readonly code: boolean }[] {
  return sentence.split('`').map((text, i) => ({ text, code: i % 2 === 1 }));
}
