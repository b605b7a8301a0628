import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { type App, createApp, type Settings } from "./app.ts";

/** Create the app with what the test told this program. */
export function startApp(): App {
  return createApp(JSON.parse(process.argv[2] ?? "") as Settings); // the test writes it
}

/** Tell the test where this program listens. */
export function announce(origin: string): void {
  process.stdout.write(`ready: ${origin}\n`);
}

/** Have a server of Node listen, and tell the test where. */
export function serve(server: Server): void {
  server.listen(0, "127.0.0.1", () => {
    announce(`http://127.0.0.1:${(server.address() as AddressInfo).port}`); // it listens on TCP
  });
}
