/// <reference types="deno" />
import { auth, close } from "./auth.ts";
import { handle } from "./handle.ts";
import { setting } from "./setting.ts";

const server = Deno.serve(
  {
    hostname: "127.0.0.1",
    port: Number(setting("PORT")),
    onListen: ({ port }) => console.log(`listening at http://127.0.0.1:${port}`),
  },
  (request, { remoteAddr }) => handle(request, remoteAddr.hostname),
);

const stop = () => {
  void server.shutdown().then(close);
  // Streams end one after another, and their clients open them elsewhere.
  void auth.drain(5_000);
};
Deno.addSignalListener("SIGTERM", stop);
Deno.addSignalListener("SIGINT", stop);
