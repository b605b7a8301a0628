import { describe, expect, it } from "vitest";
import { createConcurrencyLimit } from "../../../server/gate/src/kernel/concurrency-limit.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Work that goes on until it is told to end, under a limit. */
function start(maxRunning = 2) {
  const limit = createConcurrencyLimit({ maxRunning, maxWaiting: 3, message: "too many wait" });
  const started: string[] = [];
  const running: PromiseWithResolvers<void>[] = [];
  const run = (name: string, isKnown = false): Promise<void> =>
    limit({ address: name, account: name, isKnown }, () => {
      const work = Promise.withResolvers<void>();
      started.push(name);
      running.push(work);
      return work.promise;
    });
  const runAll = (...names: readonly string[]) => names.map((name) => run(name));
  const endOne = async (error?: Error): Promise<void> => {
    const work = running.shift();
    if (error === undefined) {
      work?.resolve();
    } else {
      work?.reject(error);
    }
    await settle();
  };
  return { limit, started, run, runAll, endOne };
}

const refused = { reason: "RATE_LIMITED", message: "too many wait", retryAfterMs: 1_000 };

describe("a concurrency limit", () => {
  it("runs so many at a time, goes on after one that fails, and refuses more than may wait", async () => {
    const { limit, started, run, runAll, endOne } = start();
    const runs = runAll("0", "1", "2", "3", "4");
    await expect(run("5")).rejects.toMatchObject(refused);
    expect(started).toEqual(["0", "1"]);
    const [first] = runs;
    const failed = expect(first).rejects.toThrow("failed");
    await endOne(new Error("failed"));
    await failed;
    expect(started).toEqual(["0", "1", "2"]);
    for (let n = 0; n < 4; n++) {
      await endOne();
    }
    expect(started).toEqual(["0", "1", "2", "3", "4"]);
    const source = { address: "a", account: "b", isKnown: false };
    expect(await limit(source, () => Promise.resolve("free again"))).toBe("free again");
  });

  it("refuses work that waits already when its address holds more places than that of the newcomer", async () => {
    const { started, run, runAll, endOne } = start(1);
    const [first, ...flood] = runAll("evil", "evil", "evil", "evil");
    const displaced = expect(flood.at(-1)).rejects.toMatchObject(refused);
    const owner = run("home");
    await displaced;
    await endOne();
    await first;
    await endOne();
    await endOne();
    await endOne();
    expect(started.slice(0, 3)).toContain("home");
    await Promise.all([owner, ...flood.slice(0, -1)]);
  });

  it("keeps places for known callers, and gives them every other turn", async () => {
    const { started, run, runAll, endOne } = start(1);
    const runs = runAll("running", "s1", "s2", "s3");
    await expect(run("s4")).rejects.toMatchObject(refused);
    const known = ["k1", "k2"].map((name) => run(name, true));
    for (let n = 0; n < 6; n++) {
      await endOne();
    }
    expect(started).toEqual(["running", "k1", "s1", "k2", "s2", "s3"]);
    await Promise.all([...runs, ...known]);
  });

  it("has others begin while work waits without its place, and has it wait for a place again", async () => {
    const { limit, started, run, endOne } = start(1);
    const source = { address: "away", account: "away", isKnown: false };
    const answer = Promise.withResolvers<string>();
    const steps: string[] = [];
    const away = limit(source, async (leavePlace) => {
      steps.push(await leavePlace(answer.promise));
      return "back";
    });
    const other = run("other");
    await settle();
    expect(started).toEqual(["other"]);
    answer.resolve("answered");
    await settle();
    expect(steps).toEqual([]);
    await endOne();
    await other;
    expect([await away, ...steps]).toEqual(["back", "answered"]);
    expect(await limit(source, () => Promise.resolve("free again"))).toBe("free again");
  });

  it("bounds what waits without a place, and has no place less for what fails there", async () => {
    const { limit, run, started } = start(1);
    const source = { address: "away", account: "away", isKnown: false };
    const answers = Array.from({ length: 4 }, () => Promise.withResolvers<string>());
    const runs = answers.map(({ promise }) => limit(source, (leavePlace) => leavePlace(promise)));
    const failed = runs.slice(0, -1).map((each) => expect(each).rejects.toThrow("failed"));
    await expect(runs.at(-1)).rejects.toMatchObject(refused);
    for (const answer of answers) {
      answer.reject(new Error("failed"));
    }
    await Promise.all(failed);
    void run("first");
    void run("second");
    await settle();
    expect(started).toEqual(["first"]);
  });
});
