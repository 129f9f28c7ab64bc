"""Print what was measured, as it stands in bench/README.md."""


def verdict(took: float, allowed: float) -> str:
    """Say whether a median keeps its promise."""
    return f"{allowed:.2f} s: {'kept' if took <= allowed else 'MISSED'}"


def table(title: str, rows: dict[str, str]) -> None:
    """Print a Markdown table."""
    print(f"\n### {title}\n\n| what | time |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |", flush=True)
