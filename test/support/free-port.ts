import { once } from "node:events";
import { createServer } from "node:net";

/** Find a port that nothing listens on, for a program that cannot choose one by itself. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") {
    throw new Error("a server without a port");
  }
  return address.port;
}
