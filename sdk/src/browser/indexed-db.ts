// A database that another tab keeps from opening must not keep this one from working.
const TIMEOUT_MS = 5_000;

/** Settle with an IndexedDB request; reject when it fails or takes longer than 5 s. */
export function requestResult<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("IndexedDB does not answer")), TIMEOUT_MS);
    request.onsuccess = () => {
      clearTimeout(timer);
      resolve(request.result);
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(request.error ?? new Error("IndexedDB failed"));
    };
  });
}

/** Settle when a transaction is on the disk; reject when it is not. */
export function transactionDone(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB gave up a transaction"));
  });
}

/**
 * Open a database, and make its object stores when it is new.
 *
 * @param onClosed told when the browser closes it, as it does when a user clears the site's data
 */
export async function openDatabase(
  name: string,
  storeNames: readonly string[],
  onClosed: () => void,
): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    for (const storeName of storeNames) request.result.createObjectStore(storeName);
  };
  const database = await requestResult(request);
  database.onclose = onClosed;
  database.onversionchange = () => {
    database.close();
    onClosed();
  };
  return database;
}
