import { createIssuer } from "@countersign/issuer";
import { buildRequestListener, listen } from "@countersign/node";
import { createAuth, principalOf } from "@countersign/server";
import { TodoService } from "./gen/todo/v1/todo_pb.js";
import { readPages } from "./pages.ts";

const { PORT = "8080" } = process.env;
const audience = "todo";

const issuer = await createIssuer({
  store: { sqlite: "data/accounts.db" },
  secret: { file: "data/secret" },
  url: `http://127.0.0.1:${PORT}`,
  audience,
});
const ACCOUNTS = [
  { username: "ada", password: "ada-password", scopes: [], roles: [] },
  { username: "ben", password: "ben-password", scopes: [], roles: ["admin"] },
];
for (const account of ACCOUNTS) {
  if ((await issuer.accounts.find(account.username)) === undefined) {
    await issuer.accounts.create(account);
  }
}

const lists = new Map<string, string[]>();
const auth = createAuth({
  routes(router) {
    issuer.routes(router);
    router.service(TodoService, {
      listTodos: (_, ctx) => ({ titles: lists.get(principalOf(ctx).subject) ?? [] }),
      addTodo({ title }, ctx) {
        const { subject } = principalOf(ctx);
        lists.set(subject, [...(lists.get(subject) ?? []), title]);
        return {};
      },
      clearTodos() {
        lists.clear();
        return {};
      },
    });
  },
  issuers: [issuer.trust],
  audience,
});

// Calls and the page come from one origin: no CORS, and the refresh token is in a cookie that no script can read.
const listener = await listen(
  buildRequestListener({
    ...auth,
    endpoints: { ...issuer.documents, ...issuer.endpoints },
    pages: readPages("dist"),
  }),
  { port: Number(PORT) },
);
console.log(`Open ${listener.origin}, and sign in as ada with ada-password.`);

const stop = () => void listener.close(10_000).then(() => issuer.close());
process.once("SIGTERM", stop).once("SIGINT", stop);
