"""Sizes as people read them, the same everywhere: in a push, in the CLI, in what Docker itself shows."""

UNITS = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def shown_size(count: int) -> str:
    """Bytes in powers of 1000, as Docker counts images: "143 MB", "4.1 MB", "1.2 kB", "12 B"."""
    for length, unit in UNITS:
        if count >= length:
            value = count / length
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{count} B"
