import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { buildRequestListener, listen } from "@countersign/node";
import { createAuth } from "@countersign/server";
import { orderService } from "../../gate/authorize/order-file.ts";
import { answerParent } from "../run/answer-parent.ts";

answerParent({
  start: async ({ unaryFastPath }: { readonly unaryFastPath: boolean }) => {
    const service = orderService({ policy: { access: Access.PUBLIC } });
    const handlers = { place: () => ({}) } as unknown as Partial<ServiceImpl<DescService>>; // it has this method
    const auth = createAuth({
      routes: (router) => void router.service(service, handlers),
      issuers: [{ issuer: "https://issuer.example", keys: { discovery: true } }],
      audience: "bench",
    });
    const { address } = await listen(buildRequestListener({ ...auth, unaryFastPath }), { port: 0 });
    return address.port;
  },
  processorSeconds: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
});
