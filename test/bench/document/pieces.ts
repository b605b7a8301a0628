import { medianOf, toFigure } from "./figures.ts";
import { type Finding, type Piece, piecesOf } from "./fill-in.ts";

/** How many times as many unary calls a second we answer as another side. */
function timesOf(side: string): Finding {
  return (figures) =>
    toFigure(medianOf(figures, "unary", "countersign") / medianOf(figures, "unary", side), 2);
}

/** The figure of a side of bench `gate`. */
function gate(side: string): Finding {
  return (figures) => toFigure(medianOf(figures, "gate", side));
}

/** What a side of bench `reject-upload` read, in units of so many bytes. */
function upload(side: string, unitBytes: number): Finding {
  return (figures) => toFigure(medianOf(figures, "reject-upload", side) / unitBytes);
}

/** The bytes that a library adds to a page. */
function size(side: string): Finding {
  return (figures) => medianOf(figures, "sdk-size", side).toLocaleString("en-US");
}

const inReadme = piecesOf("README.md");
const inPerformance = piecesOf("docs/performance.md");
const inAlternatives = piecesOf("docs/alternatives.md");

/** Every sentence and every line of a table, outside of what is written whole, that has figures of the run. */
export const PIECES: readonly Piece[] = [
  inReadme`are served at ${timesOf("connect-no-auth")} times the rate of Connect's own handler without any
    authentication, and at ${timesOf("grpcjs-no-auth")} times that of bare`,
  inPerformance`has the gate alone: ${gate("countersign-hit")} µs and ${gate("countersign-hit-allocates")} bytes of heap for
    a token that was verified before (${gate("fast-jwt-hit")} µs and ${gate("fast-jwt-hit-allocates")} bytes for the
    cache of fast-jwt), ${gate("countersign-miss")} µs for one that was not (${gate("jose-miss")} µs for jose alone, and
    ${gate("fast-jwt-miss")} µs for fast-jwt`,
  inPerformance`without a token is refused in ${gate("countersign-reject-missing")} µs, garbage in
    ${gate("countersign-reject-garbage")} µs (jose: ${gate("jose-reject-garbage")} µs), an unknown key in
    ${gate("countersign-reject-unknown-kid")} µs (${gate("jose-reject-unknown-kid")} µs), a token that has expired in
    ${gate("countersign-reject-expired")} µs the first time and in ${gate("countersign-reject-expired-again")} µs from
    then on (${gate("jose-reject-expired")} µs every time), and one with a forged signature in
    ${gate("countersign-reject-forged")} µs (${gate("jose-reject-forged")} µs)`,
  inAlternatives`(\`reject-upload\`, gRPC) | ${upload("interceptor-h2", 1e6)} MB are read and decoded first |
    ${upload("countersign-h2", 1e3)} kB |`,
  inAlternatives`(\`gate\`) | a signature, ${gate("jose-miss")} µs | a hash and a look-up, ${gate("countersign-hit")} µs |`,
  inAlternatives`| \`@countersign/sdk/browser\` | ${size("countersign")} |`,
  inAlternatives`| \`keycloak-js\` 26.2.4 | ${size("keycloak-js")} |`,
  inAlternatives`| \`oidc-client-ts\` 3.5.0 | ${size("oidc-client-ts")} |`,
  inAlternatives`| \`@auth0/auth0-spa-js\` 2.9.0 | ${size("auth0-spa-js")} |`,
  inAlternatives`| \`@supabase/auth-js\` 2.119.1 | ${size("supabase-auth-js")} |`,
];
