import { createRefusal } from "@countersign/server/internal";
import { describe, expect, test } from "vitest";
import { createPinoRefusalLog, logsRefusals } from "../../server/cli/src/log-audit.ts";
import { createLog } from "../../server/cli/src/operate/log.ts";
import { CHECKS } from "../../server/gate/src/errors/facts.ts";
import { denied } from "../../server/gate/src/kernel/audit.ts";
import { notEmpty } from "../support/not-empty.ts";

describe("the log of the command", () => {
  test("warns why a call was refused, once a minute for each cause", () => {
    const lines: string[] = [];
    const { audited } = createPinoRefusalLog(createLog("info", (line) => void lines.push(line)));
    const error = createRefusal("INSUFFICIENT_SCOPE", "the token lacks a scope that the method needs", {
      facts: { check: "scopes", expected: ["notes:write"], got: ["notes:read"] },
    });
    for (let count = 0; count < 10; count += 1) {
      audited?.(denied({ method: "acme.v1.Notes/Create", isShadow: false, caller: undefined }, error));
    }
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      {
        level: "warn",
        refusal: {
          method: "acme.v1.Notes/Create",
          reason: "INSUFFICIENT_SCOPE",
          check: "scopes",
          expected: "[notes:write]",
          got: "[notes:read]",
        },
        msg: expect.stringMatching(/^refused acme\.v1\.Notes\/Create: INSUFFICIENT_SCOPE, check scopes: /),
      },
    ]);
  });

  test("speaks of settings of serve and of its file, not of options of createAuth", () => {
    const lines: string[] = [];
    const { audited } = createPinoRefusalLog(createLog("info", (line) => void lines.push(line)));
    for (const check of CHECKS) {
      const error = createRefusal("TOKEN_INVALID", "refused", { facts: { check } });
      audited?.(denied({ method: "acme.v1.Notes/Create", isShadow: false, caller: undefined }, error));
    }
    expect(lines).toHaveLength(CHECKS.length);
    const all = lines.join("\n");
    for (const option of [
      "clockToleranceSeconds",
      "maxTokenBytes",
      "setPeer",
      "option issuers",
      "option policies",
    ]) {
      expect(all).not.toContain(option);
    }
    expect(lines[CHECKS.indexOf("issuer")]).toContain("add the issuer to the file of --trusted-issuers");
    expect(lines[CHECKS.indexOf("token_size")]).toContain("raise --max-token-bytes");
  });

  test.each(
    notEmpty([
      [undefined, undefined, true],
      [undefined, "development", true],
      [undefined, "production", false],
      [true, "production", true],
      [false, "development", false],
    ] as const),
  )("does so with setting %s and NODE_ENV %s: %s", (logRefusals, mode, expected) => {
    expect(logsRefusals({ logRefusals }, { env: { NODE_ENV: mode } })).toBe(expected);
  });
});
