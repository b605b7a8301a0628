import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { setup as build } from "../support/build.ts";
import { runProgram } from "../support/program.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { ALL_BENCHES } from "./benches/all.ts";
import { bindingBench } from "./benches/binding.ts";
import { cacheMemoryBench } from "./benches/cache-memory.ts";
import { connectionMemoryBench } from "./benches/connection-memory.ts";
import { frozenHolderBench } from "./benches/frozen-holder.ts";
import { hostileBench } from "./benches/hostile.ts";
import { killedHolderBench } from "./benches/killed-holder.ts";
import { createLatencyBench } from "./benches/latency.ts";
import { messagesBench } from "./benches/messages.ts";
import { refusalsBench } from "./benches/refusals.ts";
import { rejectUploadBench } from "./benches/reject-upload.ts";
import { tabNewsBench } from "./benches/tab-news.ts";
import { tabsBench } from "./benches/tabs.ts";
import { createUnaryBench } from "./benches/unary.ts";
import { createUnaryKindBenches } from "./benches/unary-kinds.ts";
import { createWorkersBench } from "./benches/workers.ts";
import { createTokenMaker } from "./fixture/tokens.ts";
import { hasGo } from "./go/build-server.ts";
import { GO_SIDE } from "./go/go-server.ts";
import { h2load } from "./load/h2load.ts";
import { nodeLoad } from "./load/load-child.ts";
import type { Row } from "./run/bench.ts";
import { hasProgram } from "./run/machine.ts";
import { startServer } from "./servers/server.ts";

const QUICK = { rounds: 1, quick: true };

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

function runMain(args: readonly string[]) {
  return runProgram({ file: process.execPath, args: ["--conditions=@countersign/source", MAIN, ...args] });
}

/** Whoever reads the figures relies on exactly these columns. */
function expectRows(rows: unknown, bench: string, sides: readonly string[]): void {
  expect(rows).toEqual(sides.map((side) => expect.objectContaining({ bench, side, rounds: 1 })));
  for (const row of rows as Row[]) {
    expect(Object.keys(row)).toEqual(["bench", "side", "unit", "median", "min", "max", "rounds"]);
    expect(row.unit).not.toBe("");
    expect([row.min > 0, row.min <= row.median, row.median <= row.max]).toEqual([true, true, true]);
  }
}

/** Every side of bench `unary`, and its processor time. */
function unarySides(ours: readonly string[]): readonly string[] {
  const stock = ["connect-no-auth", "connect-jose-per-call", "grpcjs-jsonwebtoken", "grpcjs-no-auth"];
  const go = hasGo() ? [GO_SIDE] : [];
  return [...ours, ...stock, ...go].flatMap((side) => [side, `${side}-cpu`]);
}

describe.concurrent("the benches, as quickly as they can", () => {
  it("unary: serves and calls all sides, with the client that needs no h2load", async () => {
    const rows = await createUnaryBench(nodeLoad).run(QUICK);
    expectRows(rows, "unary", unarySides(["countersign"]));
  });

  it("unary: holds this build against another", async () => {
    // Another build is at hand: what is compiled here.
    await build();
    const rows = await createUnaryBench(nodeLoad).run({ ...QUICK, before: ROOT });
    const ratio = "countersign-cpu / countersign-before-cpu";
    expectRows(rows, "unary", [...unarySides(["countersign", "countersign-before"]), ratio]);
  });

  it("unary of other sizes and protocols: serves and calls all sides", async () => {
    const http2 = ["countersign", "connect-no-auth"];
    const sides = {
      "unary-16k": [...http2, "grpcjs-no-auth"],
      "unary-256k": [...http2, "grpcjs-no-auth"],
      "unary-http1": ["countersign", "connect-no-auth-http1"],
      "unary-web": http2,
    };
    const benches = createUnaryKindBenches(nodeLoad);
    expect(benches.map(({ name }) => name)).toEqual(Object.keys(sides));
    for (const bench of benches) {
      const { name } = bench;
      expectRows(await bench.run(QUICK), name, sides[name as keyof typeof sides]);
    }
  });

  it("latency: paces the calls to each side", async () => {
    const sides = ["countersign", "connect-no-auth", "grpcjs-jsonwebtoken"].flatMap((side) =>
      ["half-rate", "half-p50", "half-p99", "same-rate", "same-p50", "same-p99"].map(
        (figure) => `${side}-${figure}`,
      ),
    );
    expectRows(await createLatencyBench(nodeLoad).run(QUICK), "latency", sides);
  });

  it("connection-memory: weighs open connections", async () => {
    const rows = await connectionMemoryBench.run(QUICK);
    // So few connections may well fit into memory that the process had before.
    expect(rows.map(({ side }) => side)).toEqual(["countersign", "connect-no-auth", "grpcjs-no-auth"]);
  });

  it("workers: serves with one process and with several", async () => {
    expectRows(await createWorkersBench(nodeLoad).run(QUICK), "workers", ["serve-1", "serve-auto"]);
  });

  it("reject-upload: counts bytes on both versions of HTTP", async () => {
    const rows = await rejectUploadBench.run(QUICK);
    const sides = ["countersign-h2", "interceptor-h2", "countersign-http1", "interceptor-http1"];
    expectRows(rows, "reject-upload", sides);
    // An interceptor runs behind the message: had it read less, the counting would be broken.
    expect(rows[1]?.median).toBeGreaterThan(1024 * 1024);
  });

  it("refusals: times good calls among refusals", async () => {
    const rows = await refusalsBench.run(QUICK);
    const figures = ["rejections", "good-p50", "good-p99"];
    const sides = ["countersign", "connect-jose-per-call"].flatMap((side) =>
      figures.map((figure) => `${side}-${figure}`),
    );
    expectRows(rows, "refusals", sides);
  });

  it("hostile: times refusals over both versions of HTTP", async () => {
    const sides = ["http1", "http2"].flatMap((side) => [`${side}-p50`, `${side}-max`]);
    expectRows(await hostileBench.run(QUICK), "hostile", sides);
  });

  it("messages: weighs what is refused and what is taken beside a text", async () => {
    const formats = ["binary", "JSON"];
    const texts = formats.map((format) => `${format} text`);
    const others = formats.flatMap((format) => [`refused, ${format} / text`, `taken, ${format} / text`]);
    expectRows(await messagesBench.run(QUICK), "messages", [...texts, ...others]);
  });

  it("tabs: wakes tabs of a browser", async () => {
    expectRows(await tabsBench.run(QUICK), "tabs", ["answered-p50", "answered-max"]);
  });

  it("tab-news, frozen-holder, killed-holder: time what others of a session wait for", async () => {
    expectRows(await tabNewsBench.run(QUICK), "tab-news", ["sign-in", "refresh", "sign-out"]);
    expectRows(await frozenHolderBench.run(QUICK), "frozen-holder", ["answered"]);
    expectRows(await killedHolderBench.run(QUICK), "killed-holder", ["token-max"]);
  });

  it("cache-memory: weighs what is remembered", async () => {
    expectRows(await cacheMemoryBench.run(QUICK), "cache-memory", ["countersign-1000", "fast-jwt-1000"]);
  });

  it.skipIf(!hasProgram("h2load"))("counts no refusal as a call when h2load is the client", async () => {
    const tokens = createTokenMaker();
    await using server = await startServer("countersign", { keys: tokens.publicKeys });
    await using load = h2load.start();
    const calls = { port: server.port, connections: 1, callsPerConnection: 4, seconds: 0.5 };
    await expect(load.run({ ...calls, token: tokens.mint() })).resolves.toBeGreaterThan(0);
    await expect(load.run(calls)).rejects.toThrow("did not all succeed");
  });
});

describe.concurrent("npm run bench", () => {
  it("runs what is named, prints the machine and the losses, and writes the rows as JSON", async () => {
    await using folder = await createTemporaryFolder();
    const file = join(folder.path, "rows.json");
    const { code, stdout, stderr } = await runMain(["gate", "--quick", "--rounds", "1", "--json", file]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const text of ["Node 2", "countersign-hit", "where we lose", "the figures mean nothing"]) {
      expect(stdout).toContain(text);
    }
    const rejects = ["garbage", "expired", "expired-again", "unknown-kid", "forged"].flatMap((kind) => [
      `countersign-reject-${kind}`,
      ...(kind === "expired" ? [] : [`jose-reject-${kind.replace("-again", "")}`]),
    ]);
    const parts = ["gate", "call", "rule"];
    const claims = (library: string, found: string) =>
      ["claims", "typed-claims"].flatMap((rule) => [
        ...parts.map((part) => `countersign-${rule}-${part}-${found}`),
        `${library}-${rule}-${found}`,
      ]);
    const hits = ["countersign-hit", "fast-jwt-hit", ...claims("fast-jwt", "hit")];
    expectRows(JSON.parse(await readFile(file, "utf8")), "gate", [
      ...hits.flatMap((side) => [side, `${side}-allocates`]),
      ...["countersign-miss", "jose-miss", "fast-jwt-miss", ...claims("jose", "miss")],
      ...["countersign-reject-missing", ...rejects],
    ]);
  });

  it("binding: calls over TLS, with tokens that are bound to a certificate, to a key and to nothing", async () => {
    const sidesOf = (call: string) => [
      ...["bearer", "mtls", "dpop"].flatMap((side) => [`${call}: ${side}`, `${call}: ${side}-cpu`]),
      ...["mtls", "dpop"].map((side) => `${call}: bearer-cpu / ${side}-cpu`),
    ];
    expectRows(await bindingBench.run(QUICK), "binding", [...sidesOf("unary"), ...sidesOf("stream")]);
  });

  it("lists the benches on --help, and says so when there is none of a name", async () => {
    const help = await runMain(["--help"]);
    expect(help.code).toBe(0);
    for (const { name } of ALL_BENCHES) {
      expect(help.stdout).toContain(name);
    }
    const unknown = await runMain(["unary", "speed"]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("there is no bench speed");
  });
});
