import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import {
  findVersionFault,
  PROVEN_VERSIONS,
  readConnectVersion,
} from "../../server/node/src/connect-version.ts";

describe("the release of Connect", () => {
  it("is read from its own code", async () => {
    const manifest = new URL("../../package.json", import.meta.resolve("@connectrpc/connect"));
    const { version } = JSON.parse(await readFile(manifest, "utf8"));
    expect(readConnectVersion()).toBe(version);
  });

  const header = (fields: Record<string, string>) => () => new Headers(fields);
  const unknown = {
    "says nothing": header({}),
    "calls itself otherwise": header({ "user-agent": "connect-es" }),
    "is of another family": header({ "user-agent": "connect-web/2.2.0" }),
    "takes other arguments": () => {
      throw new TypeError("options must be an object");
    },
  };
  for (const [what, createHeader] of Object.entries(unknown)) {
    it(`is not known when it ${what}`, () => {
      expect(readConnectVersion(createHeader)).toBeUndefined();
    });
  }
});

describe("the fast path", () => {
  it("serves with the release of the repository, and those that test/differential compares with too", async () => {
    const config = await readFile(new URL("../vitest.config.ts", import.meta.url), "utf8");
    const others = [...config.matchAll(/name: "connect-(\d[\d.]*)"/g)].map(([, version]) => version);
    expect(PROVEN_VERSIONS).toEqual([readConnectVersion(), ...others]);
  });

  it.each(PROVEN_VERSIONS)("serves with Connect %s", (version) => {
    expect(findVersionFault(version)).toBeUndefined();
  });

  const others = ["2.1.2", "2.2.1", "2.2.0-rc.1", "2.3.0+build", "2.30.0", "2.4.0", "3.0.0", "", undefined];
  it.each(others)("does not serve with Connect %s", (version) => {
    expect(findVersionFault(version)).toMatch(
      /^unary calls are served by Connect's own handler.*only with 2\.2\.0/,
    );
  });
});
