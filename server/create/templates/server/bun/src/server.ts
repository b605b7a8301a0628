import { serve } from "bun";
import { auth, close } from "./auth.ts";
import { handle } from "./handle.ts";
import { setting } from "./setting.ts";

const server = serve({
  hostname: "127.0.0.1",
  port: Number(setting("PORT")),
  // Without it, Bun ends a stream on which nothing is sent for ten seconds.
  idleTimeout: 0,
  fetch: (request, bun) => handle(request, bun.requestIP(request)?.address ?? ""),
});
console.log(`listening at http://127.0.0.1:${server.port}`);

const stop = () => {
  void server.stop().then(close);
  // Streams end one after another, and their clients open them elsewhere.
  void auth.drain(5_000);
};
process.once("SIGTERM", stop).once("SIGINT", stop);
