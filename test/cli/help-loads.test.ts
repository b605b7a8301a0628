import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../support/program.ts";

const RUN_COMMAND = join(import.meta.dirname, "../../server/cli/src/run-command.ts");
const TERMINAL = join(import.meta.dirname, "recording-terminal.ts");

/** Lists what a command loads, beside what Node brings. */
const PROGRAM = `
import { registerHooks } from "node:module";
const urls = [];
registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
const { runCommand } = await import(process.argv[1]);
const { recordingTerminal } = await import(process.argv[2]);
const code = await runCommand(process.argv.slice(3), recordingTerminal());
console.log(JSON.stringify({ code, urls: urls.filter((url) => url.startsWith("file:")) }));
`;

/** Lists the packages, what of the generated code and what of Node's cryptography is loaded with the gate. */
const GATE_PROGRAM = `
import { registerHooks } from "node:module";
const urls = [];
registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
await import("@countersign/server");
const found = urls.flatMap((url) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)|gen\\/es\\/(.+)$/.exec(url)?.slice(1) ?? []);
const jose = urls.filter((url) => url.includes("/jose/")).length;
const hasCrypto = process.moduleLoadList.includes("NativeModule crypto");
console.log(JSON.stringify({ found: [...new Set(found)].filter(Boolean).sort(), jose, hasCrypto }));
`;

/** Run a command in a process of its own. */
async function load(
  args: readonly string[],
): Promise<{ readonly code: number; readonly others: readonly string[] }> {
  const node = ["--conditions=@countersign/source", "--input-type=module", "--eval", PROGRAM];
  const { stdout, stderr } = await runProgram({
    file: process.execPath,
    args: [...node, "--", RUN_COMMAND, TERMINAL, ...args],
  });
  expect(stderr).toBe("");
  const { code, urls } = JSON.parse(stdout) as { readonly code: number; readonly urls: readonly string[] };
  return { code, others: urls.filter((url) => !url.includes("/server/cli/src/") && !url.includes("/test/")) };
}

test.each([
  { args: ["--help"], code: 0 },
  { args: ["--version"], code: 0 },
  { args: ["serve", "--help"], code: 0 },
  { args: ["help", "user"], code: 0 },
  { args: ["user", "add"], code: 2 },
  { args: ["serve", "--audiance", "x"], code: 2 },
])("countersign $args loads no package: it is there at once", async ({ args, code }) => {
  expect(await load(args)).toEqual({ code, others: [] });
});

test("what is asked of a store loads the issuer", async () => {
  const { others } = await load(["user", "list", "--data-dir", "/nowhere"]);
  expect(others.filter((url) => url.includes("/server/issuer/"))).not.toHaveLength(0);
});

test("the gate loads the packages that it is made with, and only those protos that it speaks", async () => {
  const node = ["--conditions=@countersign/source", "--input-type=module", "--eval", GATE_PROGRAM];
  const { stdout, stderr } = await runProgram({ file: process.execPath, args: node });
  expect(stderr).toBe("");
  const { found, jose, hasCrypto } = JSON.parse(stdout);
  expect(found).toEqual([
    "@bufbuild/cel",
    "@bufbuild/cel-spec",
    "@bufbuild/protobuf",
    "@bufbuild/re2",
    "@connectrpc/connect",
    "countersign/auth/v1/errors_pb.ts",
    "countersign/auth/v1/options_pb.ts",
    "countersign/auth/v1/signal_pb.ts",
    "countersign/auth/v1/stream_pb.ts",
    "google/rpc/code_pb.ts",
    "google/rpc/error_details_pb.ts",
    "grpc/health/v1/health_pb.ts",
    "grpc/reflection/v1/reflection_pb.ts",
    "grpc/reflection/v1alpha/reflection_pb.ts",
    "jose",
    "lru-cache",
  ]);
  // Of the 46 modules of jose: those that verify. Node takes longer to load its cryptography than the gate's own code.
  expect({ jose, hasCrypto }).toEqual({ jose: 13, hasCrypto: false });
});
