import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { createContext, use } from "react";
import type { Services } from "./services.ts";

const ServicesContext = createContext<Services | undefined>(undefined);

/** Give everything below the page's session, transport and caches. */
export function ServicesProvider(props: {
  readonly services: Services;
  readonly children: ReactNode;
}): ReactNode {
  const { services, children } = props;
  return (
    <ServicesContext value={services}>
      <TransportProvider transport={services.transport}>
        <QueryClientProvider client={services.queryClient}>{children}</QueryClientProvider>
      </TransportProvider>
    </ServicesContext>
  );
}

/**
 * Get what the page shares.
 *
 * @throws Error outside of a {@link ServicesProvider}
 */
export function useServices(): Services {
  const services = use(ServicesContext);
  if (services === undefined) {
    throw new Error("useServices needs a ServicesProvider above it");
  }
  return services;
}
