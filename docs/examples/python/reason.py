"""Why a call was refused."""

from google.rpc import error_details_pb2

import status_pb2


def reason_of(error):
    """The reason that a Countersign server gives, such as TOKEN_EXPIRED; None for errors from elsewhere."""
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    info = error_details_pb2.ErrorInfo()
    for detail in status_pb2.Status.FromString(details).details:
        if detail.Unpack(info) and info.domain == "countersign":
            return info.reason
    return None
