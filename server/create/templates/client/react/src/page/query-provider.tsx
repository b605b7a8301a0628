import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { transport } from "./transport.ts";

/** Hand what calls need to every component below. */
export function QueryProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [queries] = useState(() => new QueryClient());
  return (
    <TransportProvider transport={transport}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </TransportProvider>
  );
}
