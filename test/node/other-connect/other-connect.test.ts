import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Served } from "./serve-once.ts";

const CHILD = fileURLToPath(new URL("other-connect-child.ts", import.meta.url));

async function serveOn(version: string, missing: readonly string[] = []): Promise<Served> {
  const args = ["--conditions=@countersign/source", CHILD, version, missing.join(",")];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Served; // as the child writes it
}

test("a release of Connect that was tried serves without a warning", async () => {
  expect(await serveOn("2.3.0")).toEqual({ title: "served", warnings: [] });
});

test("another release serves with Connect's own handler, and one warning says so", async () => {
  const { title, warnings } = await serveOn("2.9.0");
  expect(title).toBe("served");
  expect(warnings).toEqual([expect.stringContaining("has not been tried with Connect 2.9.0")]);
});

test("a release that lacks what the fast path needs serves all the same", async () => {
  const missing = [
    "createMethodSerializationLookup",
    "envelopeCompress",
    "compressionNegotiate",
    "errorToJsonBytes",
  ];
  const { title, warnings } = await serveOn("2.9.0", missing);
  expect(title).toBe("served");
  expect(warnings).toHaveLength(1);
});

test("a release that does not say which it is serves all the same", async () => {
  const { title, warnings } = await serveOn("2.9.0", ["requestHeader"]);
  expect(title).toBe("served");
  expect(warnings).toEqual([expect.stringContaining("has not been tried with this release of Connect")]);
});

test("the proof of the missing names is one: with them gone, the fast path serves nothing", async () => {
  await expect(serveOn("2.3.0", ["createMethodSerializationLookup"])).rejects.toThrow(
    "createMethodSerializationLookup is not a function",
  );
});
