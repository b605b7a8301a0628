import { useMemo, useSyncExternalStore } from "react";

/** Follow a media query, such as `(prefers-reduced-motion: reduce)`. */
export function useMedia(query: string): boolean {
  const media = useMemo(() => window.matchMedia(query), [query]);
  return useSyncExternalStore(
    (listener) => {
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => media.matches,
  );
}
