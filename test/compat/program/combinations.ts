import { type ConnectRouter, createContextValues, type Interceptor } from "@connectrpc/connect";
import type { Auth, AuthOptions } from "@countersign/server";
import { asMethods, asService, own } from "./service.ts";

/** What of an auth, and of the application's own, an adapter is given. */
export interface Mounted extends Partial<Pick<Auth, "requestGate" | "contextValues" | "readMaxBytes">> {
  readonly routes: (router: ConnectRouter) => void;
  readonly interceptors?: Interceptor[];
}

/** One way to put an auth into a server. All of them compile. */
export interface Combination {
  /** What `createAuth` is given. Default: the service. */
  readonly options?: Pick<AuthOptions, "routes"> & Partial<Pick<AuthOptions, "interceptors">>;
  /** What the adapter is given. */
  readonly mount: (auth: Auth) => Mounted;
  /** Whether an interceptor of the application's own has to run. */
  readonly hasOwn?: boolean;
}

const all = (auth: Auth): Mounted => ({ ...auth });
const routesOnly = ({ routes }: Auth): Mounted => ({ routes });
const perService = asService({ interceptors: [own] });

/** Every way in which an application may put an auth into its server, by how it is written. */
export const COMBINATIONS: Readonly<Record<string, Combination>> = {
  "{ ...auth }": { mount: all },
  "{ ...auth, interceptors: [own] }": { mount: (auth) => ({ ...auth, interceptors: [own] }), hasOwn: true },
  "{ ...auth, interceptors: [own, ...auth.interceptors] }": {
    mount: (auth) => ({ ...auth, interceptors: [own, ...auth.interceptors] }),
    hasOwn: true,
  },
  "{ ...auth, interceptors: [...auth.interceptors, own] }": {
    mount: (auth) => ({ ...auth, interceptors: [...auth.interceptors, own] }),
    hasOwn: true,
  },
  "{ routes }": { mount: routesOnly },
  "routes of one's own that call auth.routes": {
    mount: (auth) => ({ ...auth, routes: (router) => auth.routes(router) }),
  },
  "{ routes, interceptors: auth.interceptors }": {
    mount: ({ routes, interceptors }) => ({ routes, interceptors }),
  },
  "{ routes, interceptors: [own] }": {
    mount: ({ routes }) => ({ routes, interceptors: [own] }),
    hasOwn: true,
  },
  "{ routes, requestGate }": { mount: ({ routes, requestGate }) => ({ routes, requestGate }) },
  "{ ...auth, requestGate: of one's own }": { mount: (auth) => ({ ...auth, requestGate: () => {} }) },
  "{ ...auth } without contextValues": { mount: ({ contextValues: _lost, ...auth }) => auth },
  "{ ...auth, contextValues: of one's own }": {
    mount: (auth) => ({ ...auth, contextValues: () => createContextValues() }),
  },
  "createAuth({ interceptors: [own] })": {
    options: { routes: asService(), interceptors: [own] },
    mount: all,
    hasOwn: true,
  },
  "createAuth({ interceptors: [own] }), { routes }": {
    options: { routes: asService(), interceptors: [own] },
    mount: routesOnly,
    hasOwn: true,
  },
  "router.service(…, { interceptors: [own] })": { options: { routes: perService }, mount: all, hasOwn: true },
  "router.service(…, { interceptors: [own] }), { routes }": {
    options: { routes: perService },
    mount: routesOnly,
    hasOwn: true,
  },
  "router.service(…, { requestGate: of one's own })": {
    options: { routes: asService({ requestGate: () => {} }) },
    mount: all,
  },
  "router.rpc(…)": { options: { routes: asMethods() }, mount: all },
  "router.rpc(…, { interceptors: [own] }), { routes }": {
    options: { routes: asMethods({ interceptors: [own] }) },
    mount: routesOnly,
    hasOwn: true,
  },
};
