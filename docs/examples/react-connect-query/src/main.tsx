import { TransportProvider } from "@connectrpc/connect-query";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { createSession } from "@countersign/sdk/browser";
import { SessionProvider } from "@countersign/sdk/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { createQueries } from "./queries.ts";

const baseUrl = location.origin;
const session = createSession({ baseUrl });
const transport = createGrpcWebTransport({ baseUrl, interceptors: [session.interceptor] });

const root = document.querySelector("#root");
if (root !== null) {
  createRoot(root).render(
    <SessionProvider session={session}>
      <TransportProvider transport={transport}>
        <QueryClientProvider client={createQueries(session)}>
          <App />
        </QueryClientProvider>
      </TransportProvider>
    </SessionProvider>,
  );
}
