import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import { guardNodeServer } from "@countersign/node";
import { fastify } from "fastify";
import { auth, close, documents } from "./auth.ts";
import { setting } from "./setting.ts";
import { toRequest } from "./to-request.ts";

const address = setting("ADDRESS");
const app = fastify();
app.get("/", () => "open to everyone: only calls need a token");
await app.register(fastifyConnectPlugin, { ...auth });
// The endpoints read the text themselves.
const forms = ["application/x-www-form-urlencoded"];
app.addContentTypeParser(forms, { parseAs: "string" }, (_req, body, done) => done(null, body));
for (const [path, endpoint] of Object.entries(documents)) {
  app.all(path, (req) => endpoint(toRequest(req, address), { peer: req.ip }));
}
guardNodeServer(app.server);
await app.listen({ host: "127.0.0.1", port: Number(setting("PORT")) });
console.log(`listening at ${address}`);

const stop = () => {
  void app.close().then(close);
  // Streams end one after another, and their clients open them elsewhere.
  void auth.drain(5_000);
};
process.once("SIGTERM", stop).once("SIGINT", stop);
