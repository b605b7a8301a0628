import { afterEach, describe, expect, test, vi } from "vitest";
import { CHECKS, type Check } from "../../../server/gate/src/errors/facts.ts";
import { createRefusal } from "../../../server/gate/src/errors/refusal.ts";
import { type CallEvent, denied } from "../../../server/gate/src/kernel/audit.ts";
import { isProduction } from "../../../server/gate/src/kernel/is-production.ts";
import { resolveObserver } from "../../../server/gate/src/kernel/observers.ts";
import { createRefusalLog } from "../../../server/gate/src/kernel/refusal-log.ts";
import { resolveWarningSink } from "../../../server/gate/src/kernel/warning-sink.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";

function refusalOf(check: Check, method = "acme.v1.Notes/Get", got: unknown = "account"): CallEvent {
  const error = createRefusal("TOKEN_INVALID", "claim aud does not name this server", {
    facts: { check, expected: "billing", got },
  });
  return denied({ method, isShadow: false, caller: undefined }, error);
}

function setUp() {
  const clock = createTestClock();
  const lines: string[] = [];
  const { audited } = createRefusalLog({ clock, write: (line) => void lines.push(line) });
  return { clock, lines, observe: (event: CallEvent) => audited?.(event) };
}

afterEach(() => vi.unstubAllEnvs());

describe("the log of refusals (S17)", () => {
  test("says what was refused, why, what was expected, what came and what to do", () => {
    const { lines, observe } = setUp();
    observe(refusalOf("audience"));
    expect(lines).toEqual([
      "refused acme.v1.Notes/Get: TOKEN_INVALID, check audience: claim aud does not name this server; expected billing; " +
        "got account. If it should pass: have the client ask for tokens for this server, or name this audience in the " +
        "audiences of the issuer",
    ]);
  });

  test("has one line a minute for each cause, however many refusals and inventions of a stranger there are", () => {
    const { clock, lines, observe } = setUp();
    for (let count = 0; count < 1_000; count += 1) {
      observe(refusalOf("audience", "acme.v1.Notes/Get", `invented-${count}`));
    }
    observe(refusalOf("issuer"));
    observe(refusalOf("audience", "acme.v1.Notes/List"));
    expect(lines).toHaveLength(3);
    clock.advance(59_999);
    observe(refusalOf("audience"));
    expect(lines).toHaveLength(3);
    clock.advance(1);
    observe(refusalOf("audience"));
    expect(lines.at(-1)).toMatch(/ \(and 1000 more like it since the last line\)$/);
    clock.advance(60_000);
    observe(refusalOf("audience"));
    expect(lines.at(-1)).not.toContain("more like it");
  });

  test("has a line for a failure of decide beside one for its no", () => {
    const { lines, observe } = setUp();
    for (const reason of ["POLICY_DENIED", "AUTH_UNAVAILABLE"] as const) {
      const error = createRefusal(reason, "undecided", { facts: { check: "decide", got: "it is down" } });
      observe(denied({ method: "acme.v1.Notes/Get", isShadow: false, caller: undefined }, error));
    }
    expect(lines.map((line) => line.split(", ")[0])).toEqual([
      "refused acme.v1.Notes/Get: POLICY_DENIED",
      "refused acme.v1.Notes/Get: AUTH_UNAVAILABLE",
    ]);
  });

  test.each(
    notEmpty([
      [
        "id_token",
        /If it should pass: this looks like an ID token.*send its access token\. Otherwise: have the/,
      ],
      ["tenant_mismatch", /If it should pass: the token contradicts itself, and no tenant to allow helps/],
    ] as const),
  )("says what to do about a token that looks like %s", (hint, says) => {
    const { lines, observe } = setUp();
    const error = createRefusal("TOKEN_INVALID", "refused", { facts: { check: "audience", hint } });
    observe(denied({ method: "acme.v1.Notes/Get", isShadow: false, caller: undefined }, error));
    expect(lines[0]).toMatch(says);
  });

  test("knows a bounded number of causes", () => {
    const { lines, observe } = setUp();
    for (let count = 0; count < 5_000; count += 1) {
      observe(refusalOf("audience", `acme.v1.Notes/Method${count}`));
    }
    observe(refusalOf("audience", "acme.v1.Notes/Method4999"));
    observe(refusalOf("audience", "acme.v1.Notes/Method0"));
    expect(lines).toHaveLength(5_001);
  });

  test("is one line whatever a stranger sends", () => {
    const { lines, observe } = setUp();
    observe(refusalOf("issuer", "acme.v1.Notes/Get", "x\nrefused nothing\u001b[2K\u2028"));
    expect(lines[0]).toContain("got x\\u{a}refused nothing\\u{1b}[2K\\u{2028}");
    expect(lines[0]).not.toMatch(/[\p{Cc}\p{Zl}]/u);
  });

  test.each(notEmpty(CHECKS))("knows what to do about check %s", (check) => {
    const { lines, observe } = setUp();
    observe(refusalOf(check));
    expect(lines[0]).toMatch(/\. If it should pass: .{20,}$/);
  });

  test("says nothing of other events", () => {
    const { lines } = setUp();
    const { audited } = createRefusalLog({
      clock: createTestClock(),
      write: (line) => void lines.push(line),
    });
    audited?.({ type: "sign_in", subject: "usr_ada", sessionId: "session-1" });
    expect(lines).toEqual([]);
  });

  test("changes no decision when it cannot be written", () => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const onWarning = (): never => {
      throw new Error("disk full");
    };
    const observer = resolveObserver(
      { logRefusals: true },
      { onWarning: resolveWarningSink(onWarning), clock: createTestClock() },
    );
    expect(() => observer.audited?.(refusalOf("audience"))).not.toThrow();
    expect(printed).toHaveBeenCalledOnce();
    printed.mockRestore();
  });
});

describe("the environment", () => {
  test.each(
    notEmpty([
      ["production", true],
      ["development", false],
      ["Production", false],
      ["", false],
    ] as const),
  )("is production by its name: %j", (mode, expected) => {
    vi.stubEnv("NODE_ENV", mode);
    expect(isProduction()).toBe(expected);
  });
});
