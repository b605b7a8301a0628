import { describe, expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import type { FakeHubs } from "./fake-hubs.ts";
import { settle, setUpSignals } from "./signalled.ts";

const STREAM = { "content-type": "application/connect+proto" };

/** An envelope of Connect's protocol, which says that it has so many bytes. */
function envelope(flags: number, content: string | Uint8Array, saysBytes?: number): Buffer {
  const head = Buffer.alloc(5, flags);
  head.writeUInt32BE(saysBytes ?? Buffer.byteLength(content), 1);
  return Buffer.concat([head, Buffer.from(content)]);
}

const watchAnswer =
  (make: () => Response): ((hubs: FakeHubs) => void) =>
  ({ next }) => {
    next.answer = (path) => (path.endsWith("/Watch") ? make() : undefined);
  };

const tokenAnswer =
  (make: () => Response): ((hubs: FakeHubs) => void) =>
  ({ next }) => {
    next.answer = (path) => (path === "/oauth2/token" ? make() : undefined);
  };

interface Case {
  readonly what: string;
  readonly script: (hubs: FakeHubs) => void;
  readonly says: string;
}

const stream = (...parts: readonly Buffer[]): Response =>
  new Response(Buffer.concat(parts), { headers: STREAM });
const redirect = (): Response =>
  new Response(null, { status: 307, headers: { location: "https://evil.example/" } });

const CASES: readonly Case[] = [
  {
    what: "a hub that says how much comes, and it is too much",
    script: watchAnswer(() => stream(envelope(0, "x", 4 * 1024 * 1024 + 1))),
    says: "a message of the hub is too large",
  },
  {
    what: "a hub that compresses",
    script: watchAnswer(() => stream(envelope(1, "x"))),
    says: "compressed",
  },
  {
    what: "a hub that sends no messages",
    script: watchAnswer(() => stream(envelope(0, Buffer.alloc(8, 0xff)))),
    says: "the hub sends what is no message",
  },
  {
    what: "a hub whose stream breaks off in a message",
    script: watchAnswer(() => stream(envelope(0, "x", 100))),
    says: "cannot be reached, or the connection to it broke",
  },
  {
    what: "a hub that ends with what is no JSON",
    script: watchAnswer(() => stream(envelope(2, "<html>"))),
    says: "the hub ends with what is no message",
  },
  {
    what: "a hub that ends at once",
    script: watchAnswer(() => stream(envelope(2, "{}"))),
    says: "ends the feed before all is known",
  },
  {
    what: "a hub that leads elsewhere",
    script: watchAnswer(redirect),
    says: "answers no signals just now",
  },
  {
    what: "a token endpoint that leads elsewhere",
    script: tokenAnswer(redirect),
    says: "answers the request for a token with status 307",
  },
  {
    what: "a token endpoint that answers with a page",
    script: tokenAnswer(() => new Response("<html>")),
    says: "answers with no token",
  },
  {
    what: "a token that is no header field",
    script: tokenAnswer(() => Response.json({ access_token: "a\r\nb", expires_in: 600 })),
    says: "answers with no token",
  },
  {
    what: "a token endpoint that answers without end",
    script: tokenAnswer(() => new Response(Buffer.alloc(1024 * 1024 + 1, " "))),
    says: "cannot be asked for a token",
  },
];

describe("signals of others than a hub", () => {
  for (const { what, script, says } of notEmpty(CASES)) {
    test(`are taken for none: ${what}`, async () => {
      const { errors, fate, pass, hubs } = await setUpSignals({}, script);
      await pass(20_000);
      await settle();
      expect(fate("ada")).toBe("AUTH_UNAVAILABLE");
      expect(hubs.watches).toEqual([]);
      const said = errors.map((error) => String(error));
      expect(said.join("\n")).toContain(says);
      expect(said.join("\n")).not.toMatch(/s3cr3t|token-|<html>|evil/);
    });
  }
});
