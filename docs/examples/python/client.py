"""Signs in, calls, follows a stream beyond the life of its token, and reads why calls are refused."""

import os
import sys
import threading
import time
from urllib.parse import urlsplit

import grpc

sys.path.append("gen")
from countersign.demo.v1 import notes_pb2, notes_pb2_grpc
from reason import reason_of
from session import Session
from stream import watch_notes

SECONDS = 12


def main(target):
    # With TLS: grpc.secure_channel.
    with grpc.insecure_channel(target) as channel:
        notes = notes_pb2_grpc.NotesServiceStub(channel)
        show_refusal("without a token", lambda: notes.ListNotes(notes_pb2.ListNotesRequest()))

        session = Session(channel)
        session.sign_in("demo", "demo-password")
        before = notes.ListNotes(notes_pb2.ListNotesRequest(), metadata=session.metadata())
        threading.Thread(target=write_notes, args=(notes, session), daemon=True).start()
        events = watch_notes(channel, session, before.sequence)
        for event in events:
            print(event.note.title, flush=True)
            if event.note.title == f"second {SECONDS}":
                break
        events.cancel()

        metadata = session.metadata()
        session.sign_out()
        show_refusal(
            "after the sign-out",
            lambda: notes.ListNotes(notes_pb2.ListNotesRequest(), metadata=metadata),
        )


def write_notes(notes, session):
    """Write a note a second, longer than two tokens last."""
    for second in range(1, SECONDS + 1):
        notes.CreateNote(
            notes_pb2.CreateNoteRequest(title=f"second {second}"), metadata=session.metadata()
        )
        time.sleep(1)


def show_refusal(when, call):
    try:
        call()
    except grpc.RpcError as error:
        print(f"{when}: {error.code().name} {reason_of(error)}", flush=True)


main(urlsplit(os.environ.get("ADDRESS", "http://127.0.0.1:8080")).netloc)
