import { expressConnectMiddleware } from "@connectrpc/connect-express";
import { guardNodeServer } from "@countersign/node";
import express from "express";
import { auth, close, documents } from "./auth.ts";
import { setting } from "./setting.ts";
import { toRequest } from "./to-request.ts";

const address = setting("ADDRESS");
const app = express();
app.get("/", (_req, res) => void res.send("open to everyone: only calls need a token"));
app.use(expressConnectMiddleware({ ...auth }));
for (const [path, endpoint] of Object.entries(documents)) {
  app.all(path, express.text({ type: () => true }), async (req, res) => {
    const answer = await endpoint(toRequest(req, address), { peer: req.ip ?? "" });
    res
      .status(answer.status)
      .setHeaders(answer.headers)
      .send(await answer.text());
  });
}

const server = app.listen(Number(setting("PORT")), "127.0.0.1", () => console.log(`listening at ${address}`));
guardNodeServer(server);

const stop = () => {
  server.close(() => void close());
  // Streams end one after another, and their clients open them elsewhere.
  void auth.drain(5_000);
};
process.once("SIGTERM", stop).once("SIGINT", stop);
