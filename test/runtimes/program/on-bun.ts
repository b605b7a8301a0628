import { announce, startApp } from "./start.ts";

/** What this program uses of Bun. */
declare const Bun: {
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    readonly idleTimeout: number;
    readonly fetch: (request: Request) => Promise<Response>;
  }): { readonly port: number };
};

// No limit on the time between two messages of a stream: Bun's is ten seconds.
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch: startApp().fetch });
announce(`http://127.0.0.1:${server.port}`);
