import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXPIRING } from "../compat/cases.ts";
import { casesFor } from "../compat/observe.ts";
import { notEmpty } from "../support/not-empty.ts";
import { createSigningKey } from "../support/tokens.ts";
import type { Host } from "./hosts.ts";
import { type Finding, type KeyServer, observeHost, serveKeys } from "./observe-host.ts";

/** Hold hosts to what each of them must do. @param folderOf where the programs are, once there is something to test */
export function describeHosts(hosts: readonly Host[], folderOf: () => string): void {
  const key = createSigningKey("ES256", "key-1");

  describe.each(notEmpty(hosts))("$serves on $runtime", (host) => {
    let keys: KeyServer;
    let found: Readonly<Record<string, Finding>>;
    let said = "";

    beforeAll(async () => {
      keys = await serveKeys(key);
      await using running = await host.start({ jwksUri: keys.jwksUri }, folderOf());
      found = await observeHost(host, running, key).catch((cause: unknown) => {
        throw new Error(`${host.runtime} said\n${JSON.stringify(running.program.output())}`, { cause });
      });
      said = running.program.output().stderr;
    });

    afterAll(() => keys[Symbol.asyncDispose]());

    test("has no error that reaches its standard error", () => {
      expect(said).not.toMatch(/uncaught|unexpected|error:/i);
    });

    describe.each(notEmpty(Object.entries(host.speaks)))("over HTTP/%s", (version, abilities) => {
      test("answers calls of every protocol and kind, and lets none around the gate", () => {
        const expected = casesFor(abilities).map(([name, { answer }]) => [name, answer]);
        expect(found[version]?.answers).toEqual(Object.fromEntries(expected));
      });

      test("ends a stream when its session is revoked", () => {
        expect(found[version]?.revoked).toBe("usr_ada:a SESSION_REVOKED");
      });

      test("ends a stream when its token expires", () => {
        expect(found[version]?.expired).toBe(EXPIRING.answer);
      });

      test("tells the handler that its client has left, which is no unexpected error", () => {
        expect(found[version]?.errors).toEqual([]);
      });
    });
  });
}
