// A page that calls a server without signing in: it is in every figure's base.
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";

Object.assign(globalThis, {
  Code,
  ConnectError,
  createClient,
  createConnectTransport,
  createGrpcWebTransport,
});
