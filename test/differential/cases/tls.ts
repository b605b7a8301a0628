import { own } from "../../hostile/issuers.ts";
import { type Case, pathOf } from "../case.ts";
import { bodyOf, DIALECTS, inDialects } from "../wire.ts";

const token = ["authorization", `Bearer ${own()}`] as const;

/** The same again over TLS, where ALPN decides on the version of HTTP. */
export const tlsCases: readonly Case[] = (["h2", "http1"] as const).flatMap((transport) => [
  ...inDialects(DIALECTS, `over TLS, ${transport}`, { setup: "tls", transport }),
  ...inDialects(DIALECTS, `over TLS, ${transport}, with metadata`, {
    setup: "tls",
    transport,
    does: "headers",
  }),
  ...inDialects(DIALECTS, `over TLS, ${transport}, with details`, {
    setup: "tls",
    transport,
    does: "fail-details 5",
  }),
  ...inDialects(DIALECTS, `over TLS, ${transport}, with a token`, {
    setup: "tls",
    transport,
    more: [token],
    path: pathOf("Private"),
  }),
  ...inDialects(DIALECTS, `over TLS, ${transport}, without a token`, {
    setup: "tls",
    transport,
    path: pathOf("Private"),
  }),
  ...inDialects(["grpc", "connect"], `over TLS, ${transport}, left while the handler runs`, (dialect) => ({
    setup: "tls",
    transport,
    does: "until-aborted",
    steps: [bodyOf(dialect, { text: "hello" }), "end", "until handler", "reset"],
  })),
]);
