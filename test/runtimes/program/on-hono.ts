import type { Server } from "node:http";
import { load } from "./load.ts";
import { serve, startApp } from "./start.ts";

interface Context {
  readonly req: { readonly raw: Request };
}

interface Hono {
  all(path: string, handler: (ctx: Context) => Promise<Response>): unknown;
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

// A route of Hono, on its own adapter for Node.
const { Hono } = await load<{ readonly Hono: new () => Hono }>("hono");
const { createAdaptorServer } = await load<{
  readonly createAdaptorServer: (app: Pick<Hono, "fetch">) => Server;
}>("@hono/node-server");

const app = new Hono();
const { fetch } = startApp();
app.all("*", ({ req }) => fetch(req.raw));
serve(createAdaptorServer(app));
