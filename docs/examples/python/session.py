"""The session of a user: its tokens, which are replaced before they expire."""

import base64
import secrets
import threading
import time

import grpc
from countersign.auth.v1 import session_pb2, session_pb2_grpc

REFRESH_ATTEMPTS = 3
PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def random_id():
    """128 random bits in base64url, which name an attempt or a stream."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()


class Session:
    """Signs in, and has a good token for every call, in any thread."""

    def __init__(self, channel):
        self._service = session_pb2_grpc.SessionServiceStub(channel)
        self._lock = threading.Lock()

    def sign_in(self, username, password):
        credential = session_pb2.PasswordCredential(username=username, password=password)
        asked = time.monotonic()
        answer = self._service.SignIn(session_pb2.SignInRequest(password=credential))
        with self._lock:
            self._keep(answer.tokens, asked)

    def sign_out(self):
        """End the session, everywhere."""
        self._service.SignOut(session_pb2.SignOutRequest(), metadata=self.metadata())

    def metadata(self):
        """What a call carries: the token, or its successor once 80 % of its life are over."""
        with self._lock:
            if time.monotonic() > self._stale_at:
                self._refresh()
            return (("authorization", "Bearer " + self._tokens.access_token),)

    def refresh(self):
        """Replace the token now."""
        with self._lock:
            self._refresh()

    def _refresh(self):
        # One name for all attempts: when an answer was lost, the server gives out the same refresh token again. Under
        # another name, the old refresh token counts as stolen, and the session ends.
        request = session_pb2.RefreshRequest(
            refresh_token=self._tokens.refresh_token, refresh_id=random_id()
        )
        for attempt in range(1, REFRESH_ATTEMPTS + 1):
            asked = time.monotonic()
            try:
                self._keep(self._service.Refresh(request, timeout=5).tokens, asked)
                return
            except grpc.RpcError as error:
                if error.code() not in PASSING or attempt == REFRESH_ATTEMPTS:
                    raise
                time.sleep(attempt)

    def _keep(self, tokens, asked):
        self._tokens = tokens
        # Counted from when the token was asked for, by the clock of this machine alone.
        self._stale_at = asked + 0.8 * tokens.expires_in.ToTimedelta().total_seconds()
