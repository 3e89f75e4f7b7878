/** The only place of the lab that asks its host for anything: files that lie beside the page, and nowhere else. */

/** @param path relative to the page: `data/airports.csv`. */
export async function readStaticFile(path: string): Promise<string> {
  const address = new URL(path, document.baseURI);
  if (address.origin !== location.origin) throw new Error(`${path} is not a file of the lab.`);
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${path} could not be read (${answer.status}).`);
  return answer.text();
}
