import type { ReactNode } from "react";
import type { GuillocheOptions } from "../model/guilloche.ts";
import { guilloche } from "../model/guilloche.ts";

/** Size of the drawing's own coordinates: 0 to this, on both axes. */
const EXTENT = 400;
const CENTER = EXTENT / 2;

const BANDS: readonly GuillocheOptions[] = [
  { center: CENTER, radius: 162, swing: 30, waves: 24, lines: 6 },
  { center: CENTER, radius: 112, swing: 26, waves: 16, lines: 6 },
  { center: CENTER, radius: 62, swing: 28, waves: 9, lines: 7 },
];

const PATHS = BANDS.flatMap((band) => guilloche(band));

/** A guilloche rosette, as engraved on a banknote: decoration only. */
export function Rosette(props: { readonly className: string }): ReactNode {
  return (
    <svg
      className={`rosette ${props.className}`}
      viewBox={`0 0 ${EXTENT} ${EXTENT}`}
      fill="none"
      aria-hidden="true"
    >
      {PATHS.map((path) => (
        <path key={path.slice(0, 24)} d={path} />
      ))}
    </svg>
  );
}
