import { describe, expect, it } from "vitest";
import { takeStep } from "../../../server/node/src/call/step.ts";

/** Take a step that does what is given. @returns what came of it so far, and what comes of it in the end */
function take(what: () => string | Promise<string>) {
  const seen: string[] = [];
  const step = {
    take: what,
    proceed: (subject: string, output: string) => void seen.push(`${subject} went on with ${output}`),
    fail: (subject: string, reason: unknown) => void seen.push(`${subject} failed with ${String(reason)}`),
  };
  takeStep(step, "it", undefined);
  return { now: [...seen], later: seen };
}

describe("a step", () => {
  it("goes on at once", () => {
    expect(take(() => "a value").now).toEqual(["it went on with a value"]);
    expect(
      take(() => {
        throw "a reason";
      }).now,
    ).toEqual(["it failed with a reason"]);
  });

  it("waits for a promise", async () => {
    const steps = [take(() => Promise.resolve("a value")), take(() => Promise.reject("a reason"))];
    expect(steps.map(({ now }) => now)).toEqual([[], []]);
    await Promise.resolve();
    expect(steps.map(({ later }) => later)).toEqual([
      ["it went on with a value"],
      ["it failed with a reason"],
    ]);
  });
});
