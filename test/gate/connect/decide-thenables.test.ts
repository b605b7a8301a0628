import { describe, expect, test } from "vitest";
import { createDecider, type Decide } from "../../../server/gate/src/connect/decide.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { principalOf } from "../authorize/fixtures.ts";
import { mine } from "./ruled-echo.ts";

type Settle = (value: unknown) => void;

/** What another library may take for a promise. */
const thenable = (then: (resolve: Settle, reject: Settle) => void) => ({ then });
/** The same as a function, as some libraries have it. */
const callable = (then: (resolve: Settle, reject: Settle) => void) => Object.assign(() => true, { then });

function ask(answer: unknown) {
  const clock = createTestClock();
  const errors: unknown[] = [];
  const decider = createDecider({
    decide: (() => answer) as Decide, // what comes from JavaScript may be anything
    timeoutMs: 1000,
    clock,
    onError: (error) => errors.push(error),
  });
  const method = methodOf(echoService({ Unary: {} }), "Unary");
  const { signal } = new AbortController();
  return { verdict: decider({ principal: principalOf(), method, message: mine, signal }), clock, errors };
}

describe("an answer that is a promise of another library is waited for", () => {
  const answers: Readonly<Record<string, readonly [answer: unknown, reason: string | undefined]>> = {
    "a yes": [thenable((resolve) => resolve(true)), undefined],
    "a yes of one that is a function": [callable((resolve) => resolve(true)), undefined],
    "a yes in a promise in it": [thenable((resolve) => resolve(thenable((inner) => inner(true)))), undefined],
    "a no": [thenable((resolve) => resolve(false)), "POLICY_DENIED"],
    "a no of one that is a function": [callable((resolve) => resolve(false)), "POLICY_DENIED"],
    "a no, and then a yes": [
      thenable((resolve) => {
        resolve(false);
        resolve(true);
      }),
      "POLICY_DENIED",
    ],
    "an object in it": [thenable((resolve) => resolve({ allowed: true })), "POLICY_DENIED"],
    "a failure": [thenable((_, reject) => reject(new Error("down"))), "AUTH_UNAVAILABLE"],
    "one that throws": [
      thenable(() => {
        throw new Error("down");
      }),
      "AUTH_UNAVAILABLE",
    ],
    "one whose then cannot be read": [
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      Object.defineProperty({}, "then", {
        get: () => {
          throw new Error("down");
        },
      }),
      "AUTH_UNAVAILABLE",
    ],
    "a function that is no promise": [() => true, "POLICY_DENIED"],
  };
  test.each(notEmpty(Object.entries(answers)))("%s", async (_, [answer, reason]) => {
    const { verdict, clock, errors } = ask(answer);
    expect(verdict).toBeInstanceOf(Promise);
    expect((await verdict)?.reason).toBe(reason);
    expect(clock.scheduledMs).toEqual([]);
    expect(errors.length).toBe(reason === "AUTH_UNAVAILABLE" ? 1 : 0);
  });

  test("but not for ever", async () => {
    const { verdict, clock } = ask(thenable(() => {}));
    await Promise.resolve();
    clock.advance(1000);
    expect((await verdict)?.reason).toBe("AUTH_UNAVAILABLE");
  });
});
