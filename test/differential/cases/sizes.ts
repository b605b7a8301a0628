import type { Case } from "../case.ts";
import { READ_MAX_BYTES, WRITE_MAX_BYTES } from "../side.ts";
import { caseOf, DIALECTS, type Dialect, encode, inDialects, isConnect } from "../wire.ts";

/** Write a message that takes exactly so many bytes in its codec. */
function messageOf(dialect: Dialect, bytes: number): string {
  let text = "x".repeat(bytes);
  while (encode(dialect, { text }).length > bytes) {
    text = text.slice(1);
  }
  return text;
}

/** More than any window of HTTP/2 or buffer takes at once. */
const LARGE = 3_000_000;

/** Messages on both sides of the limits. */
export const sizeCases: readonly Case[] = [
  ...DIALECTS.flatMap((dialect) =>
    [16, 127, 300, READ_MAX_BYTES - 1, READ_MAX_BYTES, READ_MAX_BYTES + 1, 4 * READ_MAX_BYTES, 100_000].map(
      (bytes) =>
        caseOf(dialect, `a request of ${bytes} bytes`, { message: { text: messageOf(dialect, bytes) } }),
    ),
  ),
  ...DIALECTS.flatMap((dialect) =>
    [0, 1, 127, 128, WRITE_MAX_BYTES - 3, WRITE_MAX_BYTES - 2, WRITE_MAX_BYTES, 100_000].map((count) =>
      caseOf(dialect, `a response with ${count} characters`, { does: `large ${count}` }),
    ),
  ),
  ...(["h2", "http1"] as const).flatMap((transport) => [
    ...inDialects(DIALECTS, `a large request over ${transport}`, {
      setup: "large",
      transport,
      message: { text: "x".repeat(LARGE) },
    }),
    ...inDialects(DIALECTS, `a large response over ${transport}`, {
      setup: "large",
      transport,
      does: `large ${LARGE}`,
    }),
  ]),
  ...inDialects(DIALECTS, "a request over the limit of a server that was told none", {
    setup: "large",
    message: { text: "x".repeat(LARGE + 2_000_000) },
  }),
  ...inDialects(DIALECTS, "a content-length that is too large for the limit", {
    more: [["content-length", "5000"]],
    steps: [new Uint8Array(5_000), "end"],
  }),
  ...inDialects(DIALECTS.filter(isConnect), "a content-length of the body", (dialect) => {
    const body = encode(dialect, { text: "hello" });
    return { more: [["content-length", String(body.length)]], steps: [body, "end"] };
  }),
  ...inDialects(DIALECTS, "a content-length that is longer than what comes", {
    more: [["content-length", "500"]],
  }),
  ...inDialects(DIALECTS, "a content-length that is shorter than what comes", {
    more: [["content-length", "1"]],
  }),
  ...inDialects(DIALECTS, "a content-length that is no number", { more: [["content-length", "many"]] }),
];
