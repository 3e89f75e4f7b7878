/**
 * IndexedDB: what every page has. Keys and values as byte arrays, one object store without indexes; strict commits ask
 * for `strict` durability, relaxed ones for `relaxed`.
 */
import { assert } from '../base/assert';
import type { Batch } from '../base/ordered_index';
import type { DurabilityMode } from '../kv_store';
import type { Subject, Visit } from './subject';

const STORE = 'kv';
/** Rows fetched with one request: a cursor would cost a turn of the queue for each. */
const ROWS_A_REQUEST = 1000;

export class IndexedDbSubject implements Subject {
  readonly #name: string;
  #database: IDBDatabase | undefined;

  constructor(folder: string) {
    this.#name = folder;
  }

  async open(): Promise<void> {
    const request = indexedDB.open(this.#name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    this.#database = await resultOf(request);
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  async remove(): Promise<void> {
    this.close();
    await resultOf(indexedDB.deleteDatabase(this.#name));
  }

  commit(batch: Batch, mode: DurabilityMode): Promise<void> {
    const transaction = this.#open.transaction(STORE, 'readwrite', { durability: mode });
    const store = transaction.objectStore(STORE);
    for (const operation of batch) {
      if (operation.kind === 'put') store.put(operation.value, keyOf(operation.key));
      else store.delete(keyOf(operation.key));
    }
    transaction.commit();
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = transaction.onerror = () => reject(new Error(String(transaction.error)));
    });
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return resultOf(this.#read().get(keyOf(key)) as IDBRequest<Uint8Array | undefined>);
  }

  async scan(from: Uint8Array | undefined, limit: number, visit: Visit): Promise<void> {
    const store = this.#read();
    let range = from ? IDBKeyRange.lowerBound(keyOf(from)) : undefined;
    for (let left = limit; left > 0;) {
      const count = Math.min(left, ROWS_A_REQUEST);
      const [keys, values] = await Promise.all([
        resultOf(store.getAllKeys(range, count)) as Promise<ArrayBuffer[]>,
        resultOf(store.getAll(range, count)) as Promise<Uint8Array[]>,
      ]);
      keys.forEach((key, i) => visit(new Uint8Array(key), values[i]!));
      if (keys.length < count) return;
      left -= count;
      range = IDBKeyRange.lowerBound(keys.at(-1)!, true);
    }
  }

  #read(): IDBObjectStore {
    return this.#open.transaction(STORE, 'readonly').objectStore(STORE);
  }

  get #open(): IDBDatabase {
    assert(this.#database !== undefined, 'the subject is open');
    return this.#database;
  }
}

/** IndexedDB takes any view of bytes as a key; what it gives back is a buffer. */
const keyOf = (key: Uint8Array): BufferSource => key as Uint8Array<ArrayBuffer>;

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error(String(request.error)));
  });
}
