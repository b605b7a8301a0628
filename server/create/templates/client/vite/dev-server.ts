import { loadEnv, type ServerOptions } from "vite";

const { ADDRESS = "", PAGE_PORT } = loadEnv("development", import.meta.dirname, ["ADDRESS", "PAGE_PORT"]);

/** Where Vite serves the page while it is developed. */
export const devServer: ServerOptions = {
  host: "127.0.0.1",
  port: Number(PAGE_PORT),
  strictPort: true,
  // Calls, as /greet.v1.GreetService/Greet: the page and the service have one address, as they have later on.
  proxy: { "^/\\w+(\\.\\w+)+/\\w+$": ADDRESS },
};
