import { createServer, type RequestListener } from "node:http";
import { expressConnectMiddleware } from "@connectrpc/connect-express";
import { guardNodeServer } from "@countersign/node";
import express from "express";
import { serve, startApp } from "./start.ts";

// Connect's adapter among the routes of Express.
const { auth, controls } = startApp();
const app = express();
app.post(Object.keys(controls), async (req, res) => {
  const answer = await controls[req.path]?.(new Request(new URL(req.url, "http://localhost")));
  res.json(await answer?.json());
});
app.use(expressConnectMiddleware({ ...auth }));
serve(guardNodeServer(createServer(app as RequestListener)));
