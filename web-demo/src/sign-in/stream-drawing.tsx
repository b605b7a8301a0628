import type { ReactNode } from "react";

/** The tokens of the drawing: each begins before the one above it ends. */
const TOKENS = [
  { name: "token 1", x: 0, y: 56 },
  { name: "token 2", x: 128, y: 84 },
  { name: "token 3", x: 256, y: 112 },
] as const;
const TOKEN_WIDTH = 160;

/** Draws the idea of the product: one stream that goes on while the tokens under it change. */
export function StreamDrawing(): ReactNode {
  return (
    <figure className="drawing">
      <svg className="drawing__picture" viewBox="0 0 440 136" fill="none" aria-hidden="true">
        <path className="drawing__stream" d="M4 20H424" />
        <path className="drawing__flow" d="M4 20H424" />
        <path className="drawing__tip" d="m418 12 10 8-10 8" />
        {TOKENS.map(({ name, x, y }) => (
          <g key={name}>
            <path className="drawing__join" d={`M${x + 4} 20V${y}`} />
            <circle className="drawing__dot" cx={x + 4} cy="20" r="4" />
            <rect className="drawing__token" x={x + 4} y={y} width={TOKEN_WIDTH} height="20" rx="4" />
            <text className="drawing__name" x={x + 14} y={y + 14}>
              {name}
            </text>
          </g>
        ))}
      </svg>
      <figcaption className="drawing__caption">One stream, from the first token to the last.</figcaption>
    </figure>
  );
}
