import { readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openFileAudit } from "../../../server/cli/src/operate/audit-file.ts";
import type { AuditEvent } from "../../../server/gate/src/kernel/audit.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { createTestClock } from "../../support/test-clock.ts";

async function setUp() {
  const folder = await createTemporaryFolder();
  const path = join(folder.path, "audit.jsonl");
  const clock = createTestClock();
  const errors: unknown[] = [];
  const open = () => openFileAudit(path, { clock, onError: (error) => errors.push(error) });
  const read = (file = path): unknown[] =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return {
    folder,
    path,
    clock,
    errors,
    open,
    read,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

describe("an audit file", () => {
  it("has a line for each event as soon as it is recorded, for its owner alone", async () => {
    await using files = await setUp();
    const audit = files.open();
    audit.record({ type: "revoked", subject: "usr_1", sessionId: "s", tokenId: "t", clientId: "c" });
    expect(files.read()).toEqual([
      {
        ...{ time: "2026-06-01T12:00:00.000Z", type: "revoked" },
        ...{ subject: "usr_1", sessionId: "s", tokenId: "t", clientId: "c" },
      },
    ]);
    expect(statSync(files.path).mode & 0o777).toBe(0o600);
    audit.close();
  });

  it("writes only what it knows, so that no secret comes along by mistake", async () => {
    await using files = await setUp();
    const audit = files.open();
    const event = { type: "refresh", sessionId: "s", refreshToken: "csr_secret" } as AuditEvent;
    audit.record(event);
    expect(readFileSync(files.path, "utf8")).not.toContain("csr_secret");
    audit.close();
  });

  it("writes refusals by the end of the turn, in their place before what follows", async () => {
    await using files = await setUp();
    const audit = files.open();
    audit.record({ type: "call_denied", method: "a", reason: "TOKEN_MISSING" });
    expect(files.read()).toEqual([]);
    audit.record({ type: "sign_out" });
    audit.record({ type: "call_denied", method: "b", reason: "TOKEN_MISSING" });
    await nextTurn();
    expect(files.read()).toMatchObject([{ method: "a" }, { type: "sign_out" }, { method: "b" }]);
    audit.close();
  });

  it("goes on at its end when it is opened again, also by two processes", async () => {
    await using files = await setUp();
    const [one, two] = [files.open(), files.open()];
    one.record({ type: "sign_in", sessionId: "1" });
    two.record({ type: "sign_in", sessionId: "2" });
    one.record({ type: "sign_in", sessionId: "3" });
    expect(files.read()).toMatchObject([{ sessionId: "1" }, { sessionId: "2" }, { sessionId: "3" }]);
    one.close();
    two.close();
  });

  it("follows its name when the file is renamed: at once when told, otherwise within a second", async () => {
    await using files = await setUp();
    const audit = files.open();
    const old = (index: number) => `${files.path}.${index}`;
    audit.record({ type: "sign_in", sessionId: "1" });
    renameSync(files.path, old(1));
    audit.reopen();
    audit.record({ type: "sign_in", sessionId: "2" });
    expect([files.read(old(1)), files.read()]).toMatchObject([[{ sessionId: "1" }], [{ sessionId: "2" }]]);
    renameSync(files.path, old(2));
    files.clock.advance(1_000);
    audit.record({ type: "sign_in", sessionId: "3" });
    rmSync(files.path);
    files.clock.advance(1_000);
    audit.record({ type: "sign_in", sessionId: "4" });
    expect([files.read(old(2)), files.read()]).toMatchObject([[{ sessionId: "2" }], [{ sessionId: "4" }]]);
    audit.close();
    expect(files.errors).toEqual([]);
  });

  it("says so when the file cannot be written, and goes on", async () => {
    await using files = await setUp();
    const audit = files.open();
    audit.record({ type: "sign_in", sessionId: "1" });
    await files.folder[Symbol.asyncDispose]();
    audit.reopen();
    expect(files.errors).toMatchObject([{ code: "ENOENT" }]);
    audit.record({ type: "sign_in", sessionId: "2" });
    audit.close();
    audit.close();
    audit.record({ type: "sign_in", sessionId: "3" });
  });
});
