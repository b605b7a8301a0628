import { describe, expect, test } from "vitest";
import { assertOptionNames } from "../../../server/gate/src/kernel/option-names.ts";

const KNOWN = { audience: true, accessTtlMs: true, url: true } as const;

describe("an option that is not known is a TypeError", () => {
  const cases = [
    { name: "audiance", says: "createX has no option audiance: did you mean audience?" },
    { name: "acessTtlMs", says: "createX has no option acessTtlMs: did you mean accessTtlMs?" },
    { name: "accessTTLms", says: "createX has no option accessTTLms: did you mean accessTtlMs?" },
    { name: "aduience", says: "createX has no option aduience: did you mean audience?" },
    { name: "colour", says: "createX has no option colour; it has audience, accessTtlMs, url" },
    { name: "toString", says: "createX has no option toString; it has audience, accessTtlMs, url" },
    { name: "", says: "createX has no option ; it has audience, accessTtlMs, url" },
  ];
  test.each(cases)("$name", ({ name, says }) => {
    const refusal = new TypeError(says);
    expect(() => assertOptionNames("createX", { url: "x", [name]: 1 }, KNOWN)).toThrow(refusal);
  });
});

test("options that are known are taken, all or none", () => {
  assertOptionNames("createX", {}, KNOWN);
  assertOptionNames("createX", { url: 1, audience: undefined, accessTtlMs: 1 }, KNOWN);
});
