import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { buildRequestListener, listen } from "@countersign/node";
import { systemClock } from "@countersign/sdk";
import { createFakeServer } from "@countersign/sdk/testing";
import { announce } from "./start.ts";

// What the SDK is used with, on every runtime: accounts, and notes for those who have signed in.

const server = createFakeServer({ clock: systemClock });
const { origin } = await listen(
  buildRequestListener({
    routes(router) {
      server.routes(router);
      router.service(NotesService, {
        createNote({ title }, { requestHeader }) {
          server.authenticate(requestHeader);
          return { id: "1", title };
        },
        async *watchNotes(_request, { requestHeader }) {
          server.authenticate(requestHeader);
          yield { sequence: 1n };
          yield { sequence: 2n };
        },
      });
    },
    requestGate: () => {},
    interceptors: [],
  }),
);
announce(origin);
