import { useSyncExternalStore } from "react";
import { useServices } from "../session/services-context.tsx";

/** See whether the viewer has cut the network. */
export function useNetworkCut(): boolean {
  const { network } = useServices();
  return useSyncExternalStore(network.subscribe, network.getSnapshot);
}
