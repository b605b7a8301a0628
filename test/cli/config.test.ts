import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { readCommandLine } from "../../server/cli/src/config.ts";
import { formatDuration, parseDuration } from "../../server/cli/src/duration.ts";
import { DEFAULT_LIMITS } from "../../server/gate/src/kernel/default-limits.ts";

describe("readCommandLine", () => {
  test("fills in the defaults", () => {
    const { config } = readCommandLine([], {});
    expect(config).toMatchObject({
      host: "127.0.0.1",
      port: 8080,
      adminPort: 9464,
      dataDir: ".countersign",
      databaseUrl: undefined,
      audience: undefined,
      accessTtlMs: 600_000,
      clockToleranceMs: 5000,
      behindTlsProxy: false,
      signInsPerMinute: 30,
      newSessionsPerHour: 36_000,
      tokenRevocationsPerHour: 3_600,
      badTokensPer10s: 50,
      insecureFailOpen: false,
      insecureHttpIssuer: false,
      corsOrigins: [],
    });
  });

  test("puts the command line before the environment, and the environment before the defaults", () => {
    const env = { COUNTERSIGN_PORT: "1", COUNTERSIGN_HOST: "::1", COUNTERSIGN_ACCESS_TTL: "2s" };
    const { config } = readCommandLine(["--port", "2"], env, { fallbacks: { audience: "own" } });
    expect(config).toMatchObject({ port: 2, host: "::1", accessTtlMs: 2000, audience: "own" });
  });

  test("takes a variable that is set to nothing as not set", () => {
    expect(readCommandLine([], { COUNTERSIGN_PORT: "" }).config.port).toBe(8080);
  });

  test("reads how many processes there are to be", () => {
    const countOf = (workers: string) => readCommandLine(["--workers", workers], {}).config.workers;
    expect([readCommandLine([], {}).config.workers, countOf("3"), countOf("256")]).toEqual([1, 3, 256]);
    expect(countOf("auto")).toBe(Math.min(256, availableParallelism()));
  });

  test("reads how much a caller may take, with units of bytes", () => {
    const readWaiting = (text: string) =>
      readCommandLine(["--max-waiting-bytes", text], {}).config.maxWaitingBytes;
    expect(["4194304", "512KiB", "256MiB", "1GiB"].map(readWaiting)).toEqual([
      4_194_304,
      512 * 1024,
      256 * 1024 ** 2,
      1024 ** 3,
    ]);
    for (const text of ["0", "1 MiB", "1.5GiB", "16MB", "-1", "x"]) {
      expect(() => readCommandLine([`--max-waiting-bytes=${text}`], {})).toThrow(
        "--max-waiting-bytes must be a number of bytes such as 4194304, 512KiB or 16MiB",
      );
    }
    const { config } = readCommandLine([], { COUNTERSIGN_MAX_STREAM_RESETS: "500" });
    expect([config.maxStreamResets, config.maxPipelinedRequests, config.maxCallsPerConnection]).toEqual([
      500, 100, 256,
    ]);
    for (const text of ["0", "1000000000"]) {
      expect(() => readCommandLine(["--max-stream-resets", text], {})).toThrow(
        "--max-stream-resets must be a whole number from 1 to 999999999",
      );
    }
  });

  test("reads counts of which there may be no limit, and says how far they go", () => {
    const readSignIns = (text: string) =>
      readCommandLine(["--sign-ins-per-minute", text], {}).config.signInsPerMinute;
    expect(["0", "00", "1", "999999"].map(readSignIns)).toEqual([Infinity, Infinity, 1, 999_999]);
    for (const text of ["-1", "1.5", "1000000", "x"]) {
      expect(() => readCommandLine([`--sign-ins-per-minute=${text}`], {})).toThrow(
        "--sign-ins-per-minute must be a whole number up to 999999; 0: no limit",
      );
    }
  });

  test("lets a token be half as long as the header of a request", () => {
    const highest = DEFAULT_LIMITS.listen.maxHeaderBytes / 2;
    const read = (bytes: number) => readCommandLine([`--max-token-bytes=${bytes}`], {}).config.maxTokenBytes;
    expect(read(highest)).toBe(highest);
    expect(() => read(highest + 1)).toThrow(`must be a whole number from 100 to ${highest}`);
  });

  test("reads switches and lists", () => {
    const { config } = readCommandLine(
      ["--behind-tls-proxy", "--cors-origins", "https://a.example, https://b.example"],
      {},
    );
    expect(config).toMatchObject({
      behindTlsProxy: true,
      corsOrigins: ["https://a.example", "https://b.example"],
    });
  });

  test("serves unary calls without Connect's handler unless told otherwise", () => {
    expect(readCommandLine([], {}).config.unaryFastPath).toBe(true);
    const env = { COUNTERSIGN_UNARY_FAST_PATH: "off" };
    expect(readCommandLine([], env).config.unaryFastPath).toBe(false);
  });

  test("serves streams as it serves unary calls unless told otherwise", () => {
    expect(readCommandLine([], {}).config.streamFastPath).toBeUndefined();
    const env = { COUNTERSIGN_STREAM_FAST_PATH: "off" };
    expect(readCommandLine([], env).config.streamFastPath).toBe(false);
  });

  test("takes an id that begins with a dash for one, wherever it stands", () => {
    const options = { json: { help: "" }, user: { help: "", placeholder: "NAME" } };
    for (const id of [`-${"aZ9_-".repeat(4)}x`, `-_${"b".repeat(41)}`]) {
      const { positionals, values } = readCommandLine([id, "--user", "ada", "--json"], {}, { options });
      expect({ positionals, values }).toMatchObject({
        positionals: [id],
        values: { user: "ada", json: true },
      });
      expect(readCommandLine(["--", id], {}).positionals).toEqual([id]);
      expect(() => readCommandLine(["--user", id], {}, { options })).toThrow("--user needs a value");
    }
  });

  const mistakes = [
    [["--port", "70000"], "--port must be a port from 0 to 65535"],
    [["--port", "x"], "--port must be a port from 0 to 65535"],
    ...["0", "-1", "1.5", "257", "many", ""].map(
      (count) => [[`--workers=${count}`], "--workers must be a whole number from 1 to 256, or auto"] as const,
    ),
    [["--access-ttl", "10"], "--access-ttl must be a duration such as 500ms, 30s, 10m or 24h"],
    [["--log-level", "loud"], "--log-level must be one of debug, info, warn, error, silent"],
    [["--unary-fast-path", "maybe"], "--unary-fast-path must be on or off"],
    [["--access-ttl", "0s"], "--access-ttl must be longer than nothing"],
    [["--audience", ""], "--audience must be a name without spaces"],
    [["--prot", "1"], "unknown option --prot: did you mean --port?"],
    [["-p", "1"], "unknown option -p"],
  ] as const;
  for (const [args, message] of mistakes) {
    test(`refuses ${args.join(" ")}`, () => {
      expect(() => readCommandLine(args, {})).toThrowError(
        expect.objectContaining({ name: "UsageError", message }),
      );
    });
  }

  test("refuses a variable that means nothing", () => {
    expect(() => readCommandLine([], { COUNTERSIGN_BEHIND_TLS_PROXY: "perhaps" })).toThrowError(
      "--behind-tls-proxy is either set or not: true or false",
    );
  });
});

describe("parseDuration", () => {
  const durations = [
    ["500ms", 500],
    ["0s", 0],
    ["2s", 2000],
    ["1.5s", 1500],
    ["10m", 600_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
  ] as const;
  for (const [text, ms] of durations) {
    test(`reads ${text}`, () => expect(parseDuration(text)).toBe(ms));
  }
  for (const text of ["", "10", "s", "-1s", "1 s", "1e3s", "10M", "9999999999s"]) {
    test(`refuses ${JSON.stringify(text)}`, () => expect(parseDuration(text)).toBeUndefined());
  }

  test("is what formatDuration writes", () => {
    for (const ms of [1, 999, 1000, 90_000, 600_000, 86_400_000]) {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }
  });
});
