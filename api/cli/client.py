"""The HTTP API as the commands use it: one request in, a reply or an error of ours out."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypeVar
from urllib.parse import quote

from api.cli import where
from api.cli.problems import NoAnswer, of_answer
from slipway.errors import Unauthenticated
from slipway.secret import Secret

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
CHUNK = 1 << 16
CONNECT_SECONDS = 10.0
# Some answers are read from all servers first, and a host that drops packets takes its time to be given up.
READ_SECONDS = 120.0
# A stream that is alive sends a comment every 15 seconds at the least.
SILENT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the API: `text` is its JSON as it came."""

    text: str

    def read(self, shape: type[T]) -> T:
        """The answer as a shape of api/schemas. Raises `NoAnswer` when it is not of that shape."""
        from pydantic import TypeAdapter, ValidationError

        try:
            return TypeAdapter(shape).validate_json(self.text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the answer"
            raise NoAnswer(
                f"the control plane's answer cannot be read: {place}: {first['msg']}",
                next="compare `slipway --version` with GET /health of the control plane: they may differ",
            ) from None


@dataclass(frozen=True, slots=True)
class Api:
    """A control plane; its methods raise `SlipwayError` for every answer but a success."""

    url: str
    http: "httpx.Client"

    def get(self, path: str, **query: object) -> Reply:
        return self._ask("GET", path, query=query)

    def post(self, path: str, body: object = None, **query: object) -> Reply:
        return self._ask("POST", path, body=body, query=query)

    def put(self, path: str, body: object) -> Reply:
        return self._ask("PUT", path, body=body)

    def patch(self, path: str, body: object) -> Reply:
        return self._ask("PATCH", path, body=body)

    def delete(self, path: str) -> Reply:
        return self._ask("DELETE", path)

    def upload(
        self, path: str, content: IO[bytes], length: int, headers: Mapping[str, str], **query: object
    ) -> Reply:
        """POST a file's bytes from where it stands."""
        given = {"Content-Type": "application/gzip", "Content-Length": str(length), **headers}
        chunks = iter(lambda: content.read(CHUNK), b"")
        with self._told():
            return self._reply(
                self.http.post(f"{self.url}{path}", content=chunks, headers=given, params=_query(query))
            )

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Iterator[Iterator[bytes]]:
        """A server-sent stream's bytes as they come."""
        import httpx

        timeout = httpx.Timeout(CONNECT_SECONDS, read=SILENT_SECONDS)
        given = {"Accept": "text/event-stream", **(headers or {})}
        with (
            self._told(),
            self.http.stream(
                method,
                f"{self.url}{path}",
                json=body,
                headers=given,
                params=_query(query or {}),
                timeout=timeout,
            ) as response,
        ):
            if response.status_code != httpx.codes.OK:
                response.read()
                self._reply(response)
            yield response.iter_bytes()

    def _ask(
        self, method: str, path: str, *, body: object = None, query: Mapping[str, object] | None = None
    ) -> Reply:
        with self._told():
            return self._reply(
                self.http.request(method, f"{self.url}{path}", json=body, params=_query(query or {}))
            )

    def _reply(self, response: "httpx.Response") -> Reply:
        if response.is_success:
            return Reply(response.text)
        raise of_answer(self.url, response.status_code, response.reason_phrase, response.text)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say of a connection that fails which address it was, and what to do."""
        import httpx

        try:
            yield
        except httpx.ConnectError as error:
            raise NoAnswer(
                f"no control plane answers at {self.url}: {_cause(error)}",
                next="start it there with `slipway serve`, or name another by --url or slipway login",
            ) from None
        except httpx.TimeoutException:
            raise NoAnswer(
                f"{self.url} did not answer in time", next="try again; the control plane may be starting"
            ) from None
        except httpx.TransportError as error:
            raise NoAnswer(f"the connection to {self.url} broke: {_cause(error)}", next="try again") from None


def connect() -> Api:
    """The control plane to use, with its token. Raises `Unauthenticated` when there is no token for it."""
    url = where.url()
    token = where.token(url)
    if token is None:
        raise Unauthenticated(
            f"there is no token for {url}", next=f"slipway login {url}, or set SLIPWAY_TOKEN"
        )
    return with_token(url, token)


def with_token(url: str, token: Secret) -> Api:
    """A control plane and the token to show it."""
    headers = {
        "Authorization": f"Bearer {token.reveal()}",
        "Accept": "application/json",
        "User-Agent": "slipway-cli",
        "X-Slipway-Door": "cli",
    }
    return Api(url, opened(url, headers))


def opened(url: str, headers: Mapping[str, str]) -> "httpx.Client":
    """The HTTP client for an address; what is on this machine is reached without a proxy."""
    import ssl

    # httpx loads its own command line (rich, click, pygments: 0.1 s) unless that cannot be imported.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    import httpx

    timeout = httpx.Timeout(CONNECT_SECONDS, read=READ_SECONDS, write=READ_SECONDS)
    # To load all public CAs takes 0.07 s; without TLS none is needed, and this context trusts none.
    verify = True if url.startswith("https://") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.Client(headers=headers, timeout=timeout, verify=verify, trust_env=not where.is_local(url))


def path(*parts: object) -> str:
    """An API path of these parts; a template's name keeps its slashes."""
    return "".join(f"/{quote(str(part), safe='/' if '/' in str(part) else '')}" for part in parts)


def _query(given: Mapping[str, object]) -> dict[str, str]:
    said = {name: value for name, value in given.items() if value is not None and value != ""}
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in said.items()
    }


def _cause(error: BaseException) -> str:
    """The plain reason: the innermost OSError's text without its number."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror.lower()
        inner = inner.__cause__ or inner.__context__
    return str(error) or type(error).__name__
