import { createRefusal } from "@countersign/server/internal";
import { describe, expect, test } from "vitest";
import { createPinoRefusalLog, logsRefusals } from "../../server/cli/src/log-audit.ts";
import { createLog } from "../../server/cli/src/operate/log.ts";
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
          expected: "notes:write",
          got: "notes:read",
        },
        msg: expect.stringMatching(/^refused acme\.v1\.Notes\/Create: INSUFFICIENT_SCOPE, check scopes: /),
      },
    ]);
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
