"""What of an app's past goes: release folders and images beyond the number that is kept. Never another app's."""

from runtime import docker, paths
from runtime.serverfacts import ServerFacts
from slipway.plan import Run
from slipway.release import Release


def retention(release: Release, previous: Release | None, server: ServerFacts) -> list[Run]:
    """The steps that remove old release folders, and images of this app that no kept release needs."""
    numbers = sorted({*server.releases.get(release.app, ()), release.number})
    needed = {release.number, *([previous.number] if previous else [])}
    kept = needed | set(numbers[-release.keep :])
    gone = [number for number in numbers if number not in kept]
    if not gone:
        return []
    folders = [paths.release_folder(release.app, number) for number in gone]
    why = f"keep {release.keep} releases"
    steps = [
        Run(f"{why}: remove v{number}'s folder", ("rm", "-rf", folder))
        for number, folder in zip(gone, folders, strict=True)
    ]
    return [*steps, *_images(release, previous, server, gone)]


def _images(release: Release, previous: Release | None, server: ServerFacts, gone: list[int]) -> list[Run]:
    """Images that only dropped releases used; which release used which is read from the facts."""
    by_release = server.release_images.get(release.app, {})
    kept = {image for number, image in by_release.items() if number not in gone}
    kept |= {release.image.reference, *([previous.image.reference] if previous else [])}
    dropped = sorted({image for number, image in by_release.items() if number in gone} - kept)
    return [
        Run("no kept release needs this image", docker.remove_image(image))
        for image in dropped
        if image in server.images
    ]
