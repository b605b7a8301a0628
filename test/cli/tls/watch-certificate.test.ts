import { describe, expect, test } from "vitest";
import { readCertificateLife, stageOf } from "../../../server/cli/src/tls/certificate-life.ts";
import { watchCertificate } from "../../../server/cli/src/tls/watch-certificate.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createSelfSigned } from "../../support/self-signed.ts";
import { createTestClock } from "../../support/test-clock.ts";

const DAY_MS = 86_400_000;
const first = createSelfSigned("first");
const second = createSelfSigned("second");

/** Let what was begun be done: reading a file takes several turns. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await Promise.resolve();
  }
}

/** Watch files in memory, on a clock in the hands of the test. */
function setUp(installed = first, nowMs = Date.UTC(2030, 0, 1)) {
  const clock = createTestClock(nowMs);
  let sleptMs = 0;
  let reads = 0;
  const seen: string[] = [];
  const files = {
    ...installed,
    error: undefined as Error | undefined,
    /** What a read waits for. */
    hung: undefined as Promise<void> | undefined,
  };
  const watch = watchCertificate({
    async read() {
      reads += 1;
      await files.hung;
      if (files.error !== undefined) {
        throw files.error;
      }
      return { cert: files.cert, key: files.key };
    },
    install({ cert, key }) {
      const isPair = [first, second, installed].some((pair) => pair.cert === cert && pair.key === key);
      if (!isPair) {
        throw new Error("no pair");
      }
      seen.push(cert === first.cert ? "installed first" : "installed second");
    },
    installed,
    // A machine that sleeps: no timer runs meanwhile.
    clock: { ...clock, nowMs: () => clock.nowMs() + sleptMs },
    observer: {
      used: (_, isFirst) => void (isFirst || seen.push("used")),
      refused: (reason) => void seen.push(`refused: ${String(reason)}`),
      aging: (stage) => void seen.push(stage),
    },
  });
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10_000) {
      clock.advance(10_000);
      await settle();
    }
  };
  const passDays = async (days: number): Promise<void> => {
    sleptMs += days * DAY_MS;
    await pass(10_000);
  };
  return { clock, files, seen, watch, pass, passDays, reads: () => reads };
}

describe("the files of a certificate", () => {
  test("are put in use within ten seconds of their change, and once", async () => {
    const { files, seen, pass } = setUp();
    await pass(30_000);
    expect(seen).toEqual([]);
    Object.assign(files, second);
    await pass(10_000);
    expect(seen).toEqual(["installed second", "used"]);
    await pass(30_000);
    expect(seen).toHaveLength(2);
  });

  test("may be replaced one after the other: a pair that does not fit for a moment is no mistake", async () => {
    const { files, seen, pass } = setUp();
    files.cert = second.cert;
    await pass(10_000);
    files.key = second.key;
    await pass(10_000);
    expect(seen).toEqual(["installed second", "used"]);
  });

  test("leave the former one in use while they are no pair, which is said once", async () => {
    const { files, seen, pass, watch } = setUp();
    files.cert = second.cert;
    await pass(60_000);
    expect(seen).toEqual(["refused: Error: no pair"]);
    await watch.look();
    expect(seen).toHaveLength(2);
    Object.assign(files, first);
    await pass(10_000);
    expect(seen).toHaveLength(2);
    files.cert = "garbage";
    await pass(20_000);
    expect(seen.slice(2)).toEqual(["refused: Error: no pair"]);
  });

  test("are read one at a time, and once more for all that ask meanwhile", async () => {
    const { files, seen, watch, pass, reads } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    files.hung = promise;
    await pass(60_000);
    const looks = [watch.look(), watch.look(), watch.look()];
    await pass(60_000);
    expect(reads()).toBe(1);
    Object.assign(files, second, { hung: undefined });
    resolve();
    await Promise.all(looks);
    expect([reads(), seen]).toEqual([2, ["installed second", "used"]]);
    await pass(10_000);
    expect(reads()).toBe(3);
  });

  test("leave it in use, too, while they cannot be read", async () => {
    const { files, seen, pass } = setUp();
    files.error = new Error("ENOENT");
    await pass(10_000);
    expect(seen).toEqual([]);
    await pass(20_000);
    expect(seen).toEqual(["refused: Error: ENOENT"]);
    files.error = undefined;
    await pass(20_000);
    expect(seen).toHaveLength(1);
  });

  test("are read at once when the operator asks for it, who learns of a mistake at once", async () => {
    const { files, seen, watch } = setUp();
    files.key = second.key;
    await watch.look();
    expect(seen).toEqual(["refused: Error: no pair"]);
    files.cert = second.cert;
    await watch.look();
    expect(seen.slice(1)).toEqual(["installed second", "used"]);
  });

  test("are read no more when the watch is closed", async () => {
    const { clock, files, seen, pass, watch } = setUp();
    watch.close();
    Object.assign(files, second);
    await pass(20_000);
    expect(seen).toEqual([]);
    expect(clock.scheduledMs).toEqual([]);
  });
});

const endOf2030 = createSelfSigned("a year", { from: "300101000000Z", to: "310101000000Z" });

test("a certificate that expires is named although its files can be read no more", async () => {
  const { files, seen, pass, passDays } = setUp(endOf2030, Date.UTC(2030, 10, 30));
  const { promise, resolve } = Promise.withResolvers<void>();
  files.hung = promise;
  await pass(10_000);
  await passDays(2);
  expect(seen).toEqual(["soon"]);
  resolve();
});

test("a certificate that expires soon is named when that begins, and once a day", async () => {
  const { seen, pass, passDays } = setUp(endOf2030, Date.UTC(2030, 10, 30));
  await pass(10_000);
  expect(seen).toEqual([]);
  await passDays(2);
  expect(seen).toEqual(["soon"]);
  await pass(30_000);
  expect(seen).toEqual(["soon"]);
  await passDays(1);
  expect(seen).toEqual(["soon", "soon"]);
  await passDays(23);
  expect(seen.at(-1)).toBe("late");
  await passDays(7);
  expect(seen.at(-1)).toBe("expired");
});

const lives = notEmpty([
  { days: 365, leftDays: 31, stage: "fine" },
  { days: 365, leftDays: 29, stage: "soon" },
  { days: 365, leftDays: 6, stage: "late" },
  { days: 90, leftDays: 31, stage: "fine" },
  { days: 90, leftDays: 29, stage: "soon" },
  { days: 6, leftDays: 3, stage: "fine" },
  { days: 6, leftDays: 1, stage: "soon" },
  { days: 6, leftDays: 0.5, stage: "late" },
  { days: 6, leftDays: 0, stage: "expired" },
]);

test.each(lives)(
  "with $leftDays of $days days left, a certificate is $stage",
  ({ days, leftDays, stage }) => {
    const life = { notBeforeMs: 0, notAfterMs: days * DAY_MS };
    expect(stageOf(life, (days - leftDays) * DAY_MS)).toBe(stage);
  },
);

test("a chain expires with the first of its certificates", () => {
  const life = readCertificateLife(`${first.cert}\n${endOf2030.cert}`);
  expect(life).toEqual({ notBeforeMs: Date.UTC(2030, 0, 1), notAfterMs: Date.UTC(2031, 0, 1) });
});
