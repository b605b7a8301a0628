"""Makes calls with grpcio: reads them as JSON, with messages in base64, and writes what came of each."""

import base64
import json
import sys

import grpc


def bytes_of(call):
    return [base64.b64decode(text) for text in call["requests"]]


def answer(channel, call, metadata):
    path, requests = call["path"], bytes_of(call)
    if call["kind"] == "unary":
        return [channel.unary_unary(path)(requests[0], metadata=metadata)]
    if call["kind"] == "client_streaming":
        return [channel.stream_unary(path)(iter(requests), metadata=metadata)]
    if call["kind"] == "server_streaming":
        # The stream has no end: one message is enough.
        stream = channel.unary_stream(path)(requests[0], metadata=metadata)
        first = next(stream)
        stream.cancel()
        return [first]
    return list(channel.stream_stream(path)(iter(requests), metadata=metadata))


def outcome(channel, call):
    token = call.get("token")
    metadata = [] if token is None else [("authorization", "Bearer " + token)]
    try:
        responses = answer(channel, call, metadata)
    except grpc.RpcError as error:
        details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
        return {"code": error.code().value[0], "details": base64.b64encode(details).decode(), "responses": []}
    return {"code": 0, "details": "", "responses": [base64.b64encode(one).decode() for one in responses]}


def main():
    asked = json.load(sys.stdin)
    with grpc.insecure_channel(asked["target"]) as channel:
        json.dump([outcome(channel, call) for call in asked["calls"]], sys.stdout)


main()
