import { createConnectTransport } from "@connectrpc/connect-node";
import type { TokenSource } from "@countersign/sdk";
import { createFetchSource } from "../../sdk/src/browser/fetch-source.ts";
import { createSessionServiceSource } from "../../sdk/src/core/session-service-source.ts";

/** The sources of Node and of browsers, which both speak real HTTP, with JSON. */
export const HTTP_SOURCES: readonly {
  readonly name: string;
  readonly create: (baseUrl: string) => TokenSource;
}[] = [
  {
    name: "Node's",
    create: (baseUrl) =>
      createSessionServiceSource(
        createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
        { baseUrl },
      ),
  },
  { name: "a browser's", create: (baseUrl) => createFetchSource(baseUrl, "store") },
];
