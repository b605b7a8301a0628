import type { RefObject } from "react";
import { useEffect, useRef } from "react";

/**
 * Put the focus on the first part of a page that takes another page's place: the button that had it is gone.
 * A focus that is somewhere already stays there.
 */
export function useArrivalFocus(): RefObject<HTMLElement | null> {
  const part = useRef<HTMLElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) {
      part.current?.focus({ preventScroll: true });
    }
  }, []);
  return part;
}
