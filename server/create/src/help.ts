import { CLIENTS, SERVERS } from "./choices.ts";

/** What `--help` prints. */
export const HELP = `Usage: npm create countersign -- [FOLDER] [options]

Begins a project: a service that only signed-in users can call, with a server, a client and tests.
It asks for what the options leave open.

  --server NAME     how it listens:
${listChoices(SERVERS)}
  --client NAME     what calls it:
${listChoices(CLIENTS)}
  --issuer ISSUER   whose tokens it accepts: built-in, or the URL of an OpenID provider
  --audience NAME   the claim aud of these tokens; the name of the folder, unless it is given
  --packages FILE   install the tarballs of this index, which npm run pack has written, instead of what is on npm
  -y, --yes         ask nothing: listen, node and built-in, unless options say otherwise
  --json            print what was made, and what to type next, as JSON; ask nothing, as with --yes
  -h, --help        print this
`;

function listChoices(table: Readonly<Record<string, { readonly about: string }>>): string {
  return Object.entries(table)
    .map(([name, { about }]) => `${" ".repeat(20)}${name.padEnd(9)}${about}`)
    .join("\n");
}
