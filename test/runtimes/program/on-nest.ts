import type { RequestListener, Server } from "node:http";
import { expressConnectMiddleware } from "@connectrpc/connect-express";
import { guardNodeServer } from "@countersign/node";
import { load } from "./load.ts";
import { announce, startApp } from "./start.ts";

/** What this program uses of Nest, without the syntax of decorators, which Node does not run. */
interface Nest {
  readonly NestFactory: { create(module: object, options: object): Promise<Application> };
}

interface Application {
  use(middleware: RequestListener): unknown;
  getHttpServer(): Server;
  listen(port: number, host: string): Promise<unknown>;
  getUrl(): Promise<string>;
}

interface Decorators {
  Module(parts: { readonly controllers: readonly object[] }): (target: object) => void;
  Controller(path: string): (target: object) => void;
  Post(path: string): (target: object, name: string, descriptor: PropertyDescriptor) => void;
  Req(): (target: object, name: string, index: number) => void;
}

// A hybrid app: controllers of Nest, and Connect's adapter before their body parser.
await load("reflect-metadata");
const { NestFactory } = await load<Nest>("@nestjs/core");
const { Module, Controller, Post, Req } = await load<Decorators>("@nestjs/common");

const { auth, controls } = startApp();

class Controls {
  async run({ url }: { readonly url: string }): Promise<unknown> {
    const request = new Request(new URL(url, "http://localhost"));
    const answer = await controls[new URL(request.url).pathname]?.(request);
    return answer?.json();
  }
}
Req()(Controls.prototype, "run", 0);
Post(":name")(Controls.prototype, "run", Object.getOwnPropertyDescriptor(Controls.prototype, "run") ?? {});
Controller("control")(Controls);

class AppModule {}
Module({ controllers: [Controls] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
app.use(expressConnectMiddleware({ ...auth }) as RequestListener);
guardNodeServer(app.getHttpServer());
await app.listen(0, "127.0.0.1");
announce((await app.getUrl()).replace("[::1]", "127.0.0.1"));
