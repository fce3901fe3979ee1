"""Compiled templates, kept for the life of the process and shared by every engine."""

from collections import OrderedDict
from threading import Lock
from types import CodeType

from jinja2.bccache import Bucket, BytecodeCache

MAX_KEPT = 512

_kept: "OrderedDict[tuple[str, str], CodeType]" = OrderedDict()
_lock = Lock()


class Compiled(BytecodeCache):
    """Jinja's cache of byte code, in memory: by a template's place among the layers, name and text."""

    def load_bytecode(self, bucket: Bucket) -> None:
        with _lock:
            if code := _kept.get((bucket.key, bucket.checksum)):
                _kept.move_to_end((bucket.key, bucket.checksum))
                bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is None:
            return
        with _lock:
            _kept[(bucket.key, bucket.checksum)] = bucket.code
            if len(_kept) > MAX_KEPT:
                _kept.popitem(last=False)
