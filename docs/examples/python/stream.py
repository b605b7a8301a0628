"""A stream that goes on when its token expires."""

import threading

from countersign.auth.v1 import stream_pb2, stream_pb2_grpc
from countersign.demo.v1 import notes_pb2, notes_pb2_grpc
from session import random_id


def watch_notes(channel, session, after_sequence):
    """Open a stream of what happens to notes. A thread renews it with each next token, as long as it is open."""
    stream_id = random_id()
    events = notes_pb2_grpc.NotesServiceStub(channel).WatchNotes(
        notes_pb2.WatchNotesRequest(after_sequence=after_sequence),
        metadata=session.metadata() + (("countersign-stream-id", stream_id),),
    )
    threading.Thread(target=_renew, args=(channel, session, events, stream_id), daemon=True).start()
    return events


def _renew(channel, session, events, stream_id):
    ended = threading.Event()
    events.add_callback(ended.set)
    # The headers come as soon as the stream is open, before its first message.
    headers = dict(events.initial_metadata())
    stream = stream_pb2.StreamRef(
        stream_id=stream_id, owner=headers.get("countersign-stream-owner", "")
    )
    lasts = float(headers["countersign-expires-in"])
    while not ended.wait(0.75 * lasts):
        session.refresh()
        answer = stream_pb2_grpc.StreamServiceStub(channel).Renew(
            stream_pb2.RenewRequest(streams=[stream]), metadata=session.metadata()
        )
        if answer.unknown_stream_ids:
            return
        lasts = answer.streams[0].expires_in.ToTimedelta().total_seconds()
        print(f"the stream is renewed, for {lasts:.0f} seconds", flush=True)
