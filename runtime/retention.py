"""What of an app's past goes: folders and images beyond the number that is kept. Never another app's.

A server that is short of disk keeps the folders, but only the images of the release that serves and of the
one before it: the others can be fetched again, and a rollback by one release should not have to wait.
"""

from runtime import docker, paths
from runtime.delivery import room_for
from runtime.serverfacts import ServerFacts
from slipway.plan import Run
from slipway.release import Release


def retention(release: Release, previous: Release | None, server: ServerFacts) -> list[Run]:
    """The steps that remove old release folders, and images of this app that no kept release needs."""
    app = release.app
    numbers = sorted({*server.releases.get(app, ()), release.number})
    needed = {release.number, *([previous.number] if previous else [])}
    kept = needed | set(numbers[-release.keep :])
    steps = [
        Run(
            f"keep {release.keep} releases: remove v{number}'s folder",
            ("rm", "-rf", paths.release_folder(app, number)),
        )
        for number in numbers
        if number not in kept
    ]
    why = "no kept release needs this image"
    if _short_of_disk(release, server):
        kept, why = needed, "the disk is short: only the last two releases keep their image"
    images = _images(release, previous, server, kept)
    return [*steps, *(Run(why, docker.remove_image(image)) for image in images)]


def _short_of_disk(release: Release, server: ServerFacts) -> bool:
    """Whether another image of that size would not fit, once this one is there."""
    fetched = 0 if release.image.reference in server.images else room_for(release.image)
    return server.disk_free - fetched < room_for(release.image)


def _images(release: Release, previous: Release | None, server: ServerFacts, kept: set[int]) -> list[str]:
    """Images that only dropped releases used; which release used which is read from the facts."""
    by_release = server.release_images.get(release.app, {})
    needed = {image for number, image in by_release.items() if number in kept}
    needed |= {release.image.reference, *([previous.image.reference] if previous else [])}
    needed |= {item.image for item in server.containers if item.oneoff or item.app != release.app}
    return sorted({*by_release.values()} & {*server.images} - needed)
