import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadSecretFile } from "../../../server/issuer/src/keys/secret-file.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-secret-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("loadSecretFile", () => {
  it("makes a file for the owner alone, once, and reads it again", () => {
    const path = join(folder, "data", "secret");
    const secret = loadSecretFile(path, { create: true });
    expect(secret).toHaveLength(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(loadSecretFile(path, { create: true })).toEqual(secret);
    expect(loadSecretFile(path)).toEqual(secret);
    expect(readFileSync(path, "utf8")).toBe(`${Buffer.from(secret).toString("base64url")}\n`);
    expect(readdirSync(join(folder, "data"))).toEqual(["secret"]);
  });

  it("does not make a missing file unless it is told to", () => {
    const path = join(folder, "secret");
    expect(() => loadSecretFile(path)).toThrow(`the secret file ${path} cannot be read`);
    expect(existsSync(path)).toBe(false);
  });

  for (const text of ["", "too short", "A".repeat(44)]) {
    it(`refuses a file of ${text.length} characters that is no secret`, () => {
      const path = join(folder, "secret");
      writeFileSync(path, text);
      expect(() => loadSecretFile(path, { create: true })).toThrow("must hold 32 bytes in base64url");
    });
  }
});
