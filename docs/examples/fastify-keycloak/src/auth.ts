import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Auth, type AuthOptions, createAuth, principalOf } from "@countersign/server";
import { type Ticket, TicketSchema, TicketService } from "../gen/tickets/v1/tickets_pb.js";

/** The audience that a mapper of the realm puts into tokens for this server. */
export const AUDIENCE = "tickets";

/** Create the service with its rules. A test has tokens of its own issuer accepted, production those of the realm. */
export function createTicketAuth(issuers: AuthOptions["issuers"]): Auth {
  const tickets = new Map<string, Ticket>();
  return createAuth({
    routes: (router) =>
      router.service(TicketService, {
        openTicket({ title }, ctx) {
          const id = String(tickets.size + 1);
          const ticket = create(TicketSchema, { id, title, openedBy: principalOf(ctx).subject });
          tickets.set(id, ticket);
          return ticket;
        },
        closeTicket({ id }, ctx) {
          const ticket = tickets.get(id);
          if (ticket === undefined) {
            throw new ConnectError("no such ticket", Code.NotFound);
          }
          ticket.closedBy = principalOf(ctx).subject;
          return ticket;
        },
      }),
    issuers,
    audience: AUDIENCE,
  });
}
