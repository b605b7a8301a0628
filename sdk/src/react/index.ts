export type { SessionProviderProps } from "./session-provider.ts";
export { SessionProvider } from "./session-provider.ts";

export type { SessionView } from "./use-session.ts";
export { useSession } from "./use-session.ts";
