"""The worker process: a line each second until it is asked to stop."""

import os
import signal
import threading

stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())

release = os.environ.get("SLIPWAY_RELEASE", "not released")
parcel = 0
while not stopping.wait(1):
    parcel += 1
    print(f"worker of {release}: parcel {parcel} is packed", flush=True)
print("worker: asked to stop, nothing left unpacked", flush=True)
