import { expect, test } from "vitest";
import { createOAuthEndpoint } from "../../../server/issuer/src/oauth2/oauth-endpoint.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { readingBy } from "./form-reading.ts";

const KIB = 1024;
/** The types of browsers do not know it. */
const HALF = { duplex: "half" } as const;

function post(body: ReadableStream<Uint8Array>): Request {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return new Request("http://a/oauth2/token", { method: "POST", headers, body, ...HALF });
}

/** A form whose end does not come before it is sent. */
function withhold(bytes: number) {
  const sent = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  let pulls = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pulls += 1;
        if (pulls === 1) {
          controller.enqueue(Buffer.alloc(bytes, "a"));
          return;
        }
        taken.resolve();
        await sent.promise;
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { body, taken: taken.promise, send: sent.resolve };
}

test("forms whose end does not come are bounded together, the oldest first, and hold nothing behind their end", async () => {
  const onError = (error: unknown) => {
    throw error;
  };
  const reading = readingBy(createTestClock(), 64 * KIB);
  const endpoint = createOAuthEndpoint({ ...reading, onError }, async () => ({}));
  const forms = Array.from({ length: 8 }, () => withhold(16 * KIB));
  const answers: Promise<Response>[] = [];
  for (const { body, taken } of forms) {
    answers.push(endpoint(post(body), { peer: "" }));
    await taken;
  }
  expect(reading.budget.heldBytes).toBe(4 * 16 * KIB);
  const refused = await Promise.all(answers.slice(0, 4));
  expect(refused.map(({ status, headers }) => [status, headers.get("retry-after")])).toEqual(
    refused.map(() => [429, "1"]),
  );
  expect(await refused[0]?.json()).toEqual({
    error: "temporarily_unavailable",
    error_description: "too many bytes wait for the rest of their form",
  });
  for (const { send } of forms) {
    send();
  }
  const whole = await Promise.all(answers.slice(4));
  expect(whole.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(reading.budget.heldBytes).toBe(0);
});
