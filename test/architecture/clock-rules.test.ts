import { describe, expect, test } from "vitest";
import { type BadInput, testRules } from "./bad-input.ts";
import { noWallClockLimits } from "./clock-rules.ts";
import { parseModule } from "./parse-module.ts";

const path = "test/gate/streams/expiry.test.ts";
const limit = "holds the time that something took against a limit";
const short = "gives a test less time than a slow machine may need";

const started = "const startedMs = performance.now();\nawait call();\n";

const badInputs: readonly BadInput[] = [
  {
    bad: `${started}expect(performance.now() - startedMs).toBeLessThan(500);`,
    good: `${started}expect(performance.now() - startedMs).toBeGreaterThan(500);`,
    complaint: `${path}:3 ${limit}`,
  },
  {
    bad: `${started}const tookMs = performance.now() - startedMs;\nexpect(tookMs).toBeLessThanOrEqual(MAX_MS);`,
    good: `const tookMs = clock.nowMs() - startedMs;\nexpect(tookMs).toBeLessThanOrEqual(MAX_MS);`,
    complaint: `${path}:4 ${limit}`,
  },
  {
    bad: "const { tookMs } = await run(async () => {\n  return { tookMs: Date.now() - atMs };\n});\nexpect(tookMs).toBeLessThan(5);",
    good: "const { count } = await run(async () => {\n  return { count: await ask(Date.now()) };\n});\nexpect(count).toBeLessThan(5);",
    complaint: `${path}:4 ${limit}`,
  },
  {
    bad: "let endMs = 0;\nendMs = Date.now();\nexpect(Math.max(...ends.map(() => endMs - 5))).toBeLessThan(9);",
    good: "let endMs = 0;\nendMs = now();\nexpect(Math.max(...ends.map(() => endMs - 5))).toBeLessThan(9);",
    complaint: `${path}:3 ${limit}`,
  },
  {
    bad: `${started}expect(MAX_MS).toBeGreaterThan(performance.now() - startedMs);`,
    good: `${started}expect(performance.now() - startedMs).toBeGreaterThan(MIN_MS);`,
    complaint: `${path}:3 ${limit}`,
  },
  {
    bad: 'test("ends", async () => {}, 20_000);',
    good: 'test("ends", async () => {}, 600_000);',
    complaint: `${path}:1 ${short}`,
  },
  {
    bad: 'test.each(cases)("%s ends", async () => {}, 20_000);',
    good: 'test.each(cases)("%s ends", async () => {});',
    complaint: `${path}:1 ${short}`,
  },
  {
    bad: "await page.waitForFunction(isReady, undefined, {\n  timeout: 1_000,\n});",
    good: "await notes.getNote({ id }, {\n  timeoutMs: 1_000,\n});",
    complaint: `${path}:2 ${short}`,
  },
  {
    bad: "vi.setConfig({ testTimeout: 20_000 });",
    good: "vi.setConfig({ testTimeout: 600_000 });",
    complaint: `${path}:1 ${short}`,
  },
  {
    bad: "export default defineConfig({ test: { hookTimeout: 20_000 } });",
    good: "export default defineConfig({ test: { hookTimeout: 600_000 } });",
    complaint: `${path}:1 ${short}`,
  },
  {
    bad: "await expect.poll(read, { timeout: 5_000 }).toBe(1);",
    good: "await expect.poll(read, { interval: 5 }).toBe(1);",
    complaint: `${path}:1 ${short}`,
  },
  {
    bad: "const WAIT_MS = 5 * 1_000;\nawait eventually(look, { timeoutMs: WAIT_MS + 10 });",
    good: "const WAIT_MS = 90 * 1_000;\nawait eventually(look, { timeoutMs: WAIT_MS + 10 });",
    complaint: `${path}:2 ${short}`,
  },
  {
    bad: "await source.signIn(ada, AbortSignal.timeout(10_000));",
    good: "await source.signIn(ada, AbortSignal.timeout(MINUTES * 60_000));",
    complaint: `${path}:1 ${short}`,
  },
].map((input) => ({ rule: noWallClockLimits, path, ...input }));

describe("a test does not fail for being slow: the rule", () => {
  testRules(badInputs);

  test("lets benches measure, and the product have limits", () => {
    const text = `${started}expect(performance.now() - startedMs).toBeLessThan(500);`;
    for (const elsewhere of ["test/bench/bench.test.ts", "server/gate/src/kernel/clock.ts"]) {
      expect(noWallClockLimits(parseModule({ path: elsewhere, text }))).toEqual([]);
    }
  });
});
