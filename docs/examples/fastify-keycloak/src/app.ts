import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import { guardNodeServer } from "@countersign/node";
import type { Auth } from "@countersign/server";
import { type FastifyInstance, fastify } from "fastify";

/** Create an app that serves guarded calls beside its other routes. */
export async function createApp(auth: Auth): Promise<FastifyInstance> {
  const app = fastify();
  app.get("/", () => "open to everyone: only calls need a token");
  await app.register(fastifyConnectPlugin, { ...auth });
  guardNodeServer(app.server);
  return app;
}
