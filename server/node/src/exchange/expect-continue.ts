import { type HttpRequest, type HttpResponse, isGone } from "../handler.ts";

/**
 * Tell a client that waits for `100 Continue` to go on when its body is first read ([RFC 9110
 * §10.1.1](https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1)): the gate decides before, and a call that it refuses
 * gets the refusal alone.
 *
 * Call it before anything reads. Node itself would say so before any handler gets the request.
 */
export function continueWhenRead(req: HttpRequest, res: HttpResponse): void {
  const read = req._read.bind(req);
  req._read = (size) => {
    req._read = read;
    if (!res.headersSent && !isGone(res)) {
      res.writeContinue();
    }
    read(size);
  };
}
