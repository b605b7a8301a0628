import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Side } from "./side.ts";

/** Connect to a server, over TLS where it speaks nothing else. */
export function openSocket({ port, isTls }: Side, protocol: "h2" | "http/1.1"): Socket {
  const address = { port, host: "127.0.0.1", allowHalfOpen: protocol === "http/1.1" };
  // The certificate was made for this test, and nobody else trusts it either.
  return isTls
    ? connectTls({ ...address, ALPNProtocols: [protocol], rejectUnauthorized: false })
    : connect(address);
}
