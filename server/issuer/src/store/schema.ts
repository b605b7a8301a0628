import type { AccountSchema } from "./schema/accounts.ts";
import type { ClientSchema } from "./schema/clients.ts";
import type { ClusterSchema } from "./schema/cluster.ts";
import type { KeySchema } from "./schema/keys.ts";
import type { RevocationSchema } from "./schema/revocations.ts";
import type { SessionSchema } from "./schema/sessions.ts";

/**
 * The tables, as queries see them: a file for each kind of thing that is kept. Times are integer milliseconds since 1970;
 * lists are JSON text.
 *
 * Nothing outside `store/` sees these names.
 */
export interface Schema
  extends AccountSchema,
    ClientSchema,
    ClusterSchema,
    KeySchema,
    RevocationSchema,
    SessionSchema {}
