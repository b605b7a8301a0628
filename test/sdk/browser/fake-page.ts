import { setImmediate } from "node:timers/promises";
import { vi } from "vitest";

/** A window and its IndexedDB in memory, for what depends on when a page is suspended. */
export interface FakePage extends Disposable {
  /** Dispatch an event of the page. */
  readonly dispatch: (type: string) => void;
  /** Suspend it: `pagehide` or `freeze`, and then nothing happens in it any more. */
  readonly suspend: (type: string) => void;
  /** Let it go on: `pageshow` or `resume`, and what had happened meanwhile. */
  readonly resume: (type: string) => void;
  /** Let so much happen, such as the answer to one request of a transaction. */
  readonly step: (count: number) => Promise<void>;
  /** Let things happen until the condition holds. */
  readonly stepUntil: (condition: () => boolean) => Promise<void>;
  /** Let things happen until a transaction is being committed, and the page has not been told. */
  readonly untilCommitting: () => Promise<void>;
  /** Let all transactions fail that are under way, as when the disk is full. */
  readonly abortAll: () => void;
  /** How many listen to its events. */
  readonly listeners: () => number;
  /** How many transactions have begun so far. */
  readonly begun: () => number;
  /** How many have begun and not ended. */
  readonly underWay: () => number;
}

type Task = () => void;

/** Create a page, and make it the one of this process until it is disposed of. */
export function createFakePage(): FakePage {
  const window = new EventTarget();
  let listeners = 0;
  const tasks: Task[] = [];
  const transactions: FakeTransaction[] = [];
  let isSuspended = false;
  const queue = (task: Task): void => void tasks.push(task);
  const open = createOpener(queue, (transaction) => transactions.push(transaction));
  vi.stubGlobal("indexedDB", { open });
  vi.stubGlobal("addEventListener", (type: string, listener: Task, options: { signal?: AbortSignal }) => {
    window.addEventListener(type, listener, options);
    listeners += 1;
    options.signal?.addEventListener("abort", () => {
      listeners -= 1;
    });
  });
  const dispatch = (type: string): void => void window.dispatchEvent(new Event(type));
  const step = async (count: number): Promise<void> => {
    for (let steps = 0; steps < count; steps += 1) {
      // Promises that follow from the last step go before the next one.
      await setImmediate();
      if (!isSuspended) {
        tasks.shift()?.();
      }
    }
  };
  const stepUntil = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      await step(1);
    }
  };
  return {
    dispatch,
    suspend(type) {
      dispatch(type);
      isSuspended = true;
    },
    resume(type) {
      isSuspended = false;
      dispatch(type);
    },
    step,
    stepUntil,
    untilCommitting: () => stepUntil(() => transactions.some(({ state }) => state === "committing")),
    abortAll() {
      for (const { state, abort } of transactions) {
        if (state === "active") {
          abort();
        }
      }
    },
    listeners: () => listeners,
    begun: () => transactions.length,
    underWay: () => transactions.filter(({ state }) => state === "active").length,
    [Symbol.dispose]: () => void vi.unstubAllGlobals(),
  };
}

/** As much of an IDBRequest as the SDK uses. */
interface FakeRequest {
  result?: unknown;
  onsuccess?: Task;
  onupgradeneeded?: Task;
}

interface FakeTransaction {
  state: "active" | "committing" | "ended";
  readonly error: Error;
  oncomplete?: Task;
  onabort?: Task;
  readonly abort: () => void;
  readonly objectStore: () => object;
}

/** One database with one object store. Every answer is a task of the page. */
function createOpener(queue: (task: Task) => void, onBegun: (transaction: FakeTransaction) => void) {
  const stored = new Map<string, unknown>();
  let isNew = true;
  const database = {
    createObjectStore: () => undefined,
    close: () => undefined,
    transaction() {
      const transaction = createTransaction(queue, stored);
      onBegun(transaction);
      return transaction;
    },
  };
  return (): FakeRequest => {
    const request: FakeRequest = { result: database };
    if (isNew) {
      queue(() => request.onupgradeneeded?.());
    }
    isNew = false;
    queue(() => request.onsuccess?.());
    return request;
  };
}

function createTransaction(queue: (task: Task) => void, stored: Map<string, unknown>): FakeTransaction {
  const written = new Map<string, unknown>();
  const transaction: FakeTransaction = {
    state: "active",
    error: new Error("aborted"),
    abort() {
      if (transaction.state !== "active") {
        throw new Error("the transaction has ended");
      }
      transaction.state = "ended";
      queue(() => transaction.onabort?.());
    },
    objectStore: () => ({
      put: (value: unknown, key: string) => written.set(key, value),
      get(key: string): FakeRequest {
        const request: FakeRequest = {};
        queue(() => {
          if (transaction.state !== "active") {
            return;
          }
          request.result = stored.get(key);
          request.onsuccess?.();
          queue(commit);
        });
        return request;
      },
    }),
  };
  // By itself, and needing no page, when there are no more requests; the page is told of it later.
  const commit = (): void => {
    if (transaction.state !== "active") {
      return;
    }
    transaction.state = "committing";
    for (const [key, value] of written) {
      stored.set(key, value);
    }
    queue(() => {
      transaction.state = "ended";
      transaction.oncomplete?.();
    });
  };
  return transaction;
}
