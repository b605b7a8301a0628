import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import { guardNodeServer } from "@countersign/node";
import { fastify } from "fastify";
import { announce, startApp } from "./start.ts";

// Connect's adapter as a plugin of Fastify.
const { auth, controls } = startApp();
const app = fastify();
for (const [path, control] of Object.entries(controls)) {
  app.post(path, async ({ url }) => (await control(new Request(new URL(url, "http://localhost")))).json());
}
await app.register(fastifyConnectPlugin, { ...auth });
guardNodeServer(app.server);
announce(await app.listen({ host: "127.0.0.1", port: 0 }));
