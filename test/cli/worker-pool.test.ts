import { expect, test } from "vitest";
import {
  createWorkerPool,
  type PooledWorker,
  type WorkerPoolOptions,
} from "../../server/cli/src/workers/worker-pool.ts";
import { createTestClock } from "../support/test-clock.ts";

/** A worker that does what the test says. */
class FakeWorker implements PooledWorker {
  readonly signals: string[] = [];
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<number | undefined>();
  readonly ready = this.#ready.promise;
  readonly ended = this.#ended.promise;
  #isReady = false;
  isReady = () => this.#isReady;
  kill(signal: string): void {
    this.signals.push(signal);
  }
  becomeReady(): void {
    this.#isReady = true;
    this.#ready.resolve();
  }
  end(code?: number): void {
    this.#isReady = false;
    this.#ended.resolve(code);
  }
}

function setUp(options: Partial<WorkerPoolOptions> = {}) {
  const workers: FakeWorker[] = [];
  const lost: (number | undefined)[] = [];
  const clock = createTestClock();
  const pool = createWorkerPool({
    count: 3,
    graceMs: 60_000,
    start: () => {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker;
    },
    clock,
    onLost: (code) => lost.push(code),
    ...options,
  });
  return { pool, workers, lost, clock };
}

/** Let everything happen that is about to. */
const turn = () => new Promise((resolve) => void setImmediate(resolve));

async function startAll({ pool, workers }: ReturnType<typeof setUp>): Promise<void> {
  const started = pool.start();
  for (let index = 0; index < 3; index += 1) {
    await turn();
    workers[index]?.becomeReady();
  }
  expect(await started).toBeUndefined();
}

test("the first worker is started alone, and the others when it takes calls", async () => {
  const set = setUp();
  const started = set.pool.start();
  await turn();
  expect(set.workers).toHaveLength(1);
  set.workers[0]?.becomeReady();
  await turn();
  expect(set.workers).toHaveLength(3);
  expect(set.pool.ready()).toBe(1);
  for (const worker of set.workers) {
    worker.becomeReady();
  }
  expect(await started).toBeUndefined();
  expect(set.pool.ready()).toBe(3);
});

test("a worker that ends before it took calls is told of, and not started again", async () => {
  const set = setUp();
  const started = set.pool.start();
  await turn();
  set.workers[0]?.end(2);
  expect(await started).toEqual({ failedWith: 2 });
  await turn();
  expect(set.workers).toHaveLength(1);
});

test("a worker that ends is replaced, sooner when it had run for long", async () => {
  const set = setUp();
  await startAll(set);
  set.workers[1]?.end();
  await turn();
  expect(set.clock.scheduledMs).toEqual([200]);
  set.clock.advance(200);
  await turn();
  expect(set.workers).toHaveLength(4);
  expect([set.lost, set.pool.ready()]).toEqual([[undefined], 2]);
  set.workers[3]?.end(1);
  await turn();
  expect(set.clock.scheduledMs).toEqual([400]);
  set.clock.advance(400);
  await turn();
  set.clock.advance(60_000);
  set.workers[4]?.end(1);
  await turn();
  expect(set.clock.scheduledMs).toEqual([100]);
  expect(set.lost).toEqual([undefined, 1, 1]);
});

test("the wait before a worker is started again doubles, up to ten seconds", async () => {
  const set = setUp();
  await startAll(set);
  const waitsMs: number[] = [];
  for (let last = 0; last < 9; last += 1) {
    set.workers.at(-1)?.end(1);
    await turn();
    waitsMs.push(...set.clock.scheduledMs);
    set.clock.advance(10_000);
    await turn();
  }
  expect(waitsMs).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000]);
});

test("whoever stops asks each worker to end, and starts none in its place", async () => {
  const set = setUp();
  await startAll(set);
  const stopped = set.pool.stop();
  expect(set.workers.map(({ signals }) => signals)).toEqual([["SIGTERM"], ["SIGTERM"], ["SIGTERM"]]);
  for (const worker of set.workers) {
    worker.end(0);
  }
  await stopped;
  await turn();
  expect([set.workers.length, set.lost]).toEqual([3, []]);
});

test("a worker that does not end in time is killed", async () => {
  const set = setUp();
  await startAll(set);
  const stopped = set.pool.stop();
  set.clock.advance(59_999);
  expect(set.workers[0]?.signals).toEqual(["SIGTERM"]);
  set.clock.advance(1);
  expect(set.workers[0]?.signals).toEqual(["SIGTERM", "SIGKILL"]);
  for (const worker of set.workers) {
    worker.end();
  }
  await stopped;
});
