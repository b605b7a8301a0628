import { createServer, type RequestListener } from "node:http";
import { load } from "./load.ts";
import { serve, startApp } from "./start.ts";

// A handler of the Fetch API behind a server of Node, with the adapter that Hono has for it.
const { getRequestListener } = await load<{
  readonly getRequestListener: (handler: (request: Request) => Promise<Response>) => RequestListener;
}>("@hono/node-server");
serve(createServer(getRequestListener(startApp().fetch)));
