import { guardNodeServer } from "@countersign/node";
import { serve } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { Hono } from "hono";
import { auth, close } from "./auth.ts";
import { handle } from "./handle.ts";
import { setting } from "./setting.ts";

const app = new Hono();
app.get("/", (context) => context.text("open to everyone: only calls need a token"));
app.all("*", (context) => handle(context.req.raw, getConnInfo(context).remote.address ?? ""));

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(setting("PORT")) }, ({ port }) =>
  console.log(`listening at http://127.0.0.1:${port}`),
);
guardNodeServer(server);

const stop = () => {
  server.close(() => void close());
  // Streams end one after another, and their clients open them elsewhere.
  void auth.drain(5_000);
};
process.once("SIGTERM", stop).once("SIGINT", stop);
