"""`watcher eval`: precision, recall and F1 over labelled items."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from watcher.cli.access import rulebook_of
from watcher.cli.main import App
from watcher.cli.output import PROBLEMS, emit_json, table
from watcher.cli.scan import records
from watcher.replay import Scan


@click.command("eval")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--fail-under",
    type=float,
    default=0.0,
    metavar="F1",
    help="Exit with 1 when the F1 of all rules together is below this.",
)
@click.option("--misses/--no-misses", default=True, help="List the misses with their reasons.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def evaluate(app: App, file: Path, fail_under: float, misses: bool, as_json: bool) -> None:
    """Precision, recall and F1 per rule and language over labelled items (JSON Lines with `relevant` or `rules`).

    \b
    watcher eval labelled.jsonl --fail-under 0.9
    """
    from watcher.evaluate import ANY_RULE, Evaluation
    from watcher.replay import entry_of, verdict_json

    rulebook, _ = rulebook_of(app)
    scanning, found = Scan(rulebook, datetime.now(UTC)), Evaluation()
    failed, unknown = False, set[str]()
    judged = []
    labelled = sorted(records((file,)), key=lambda pair: str(pair[0].get("published") or ""))
    for record, fault in labelled:
        try:
            if fault:
                raise ValueError(fault)
            verdict, story = scanning.judge(entry_of(record))
        except ValueError as error:
            click.echo(f"{file}: {record.get('id')}: {error}", err=True)
            failed = True
            continue
        unknown |= set(record.get("rules") or ()) - set(rulebook.names)
        reasons = {answer.rule: answer.why for answer in rulebook.explain(verdict.item, verdict.facts)}
        judged.append((record, {**verdict_json(verdict), "story": story}, reasons))
    for record, line, reasons in judged:
        found.add(record, {**line, "story": scanning.name(line["story"])}, reasons)
    for name in sorted(unknown):
        click.echo(f"{file}: the labels name a rule '{name}', which there is not", err=True)
    report = found.report()
    if as_json:
        emit_json(report)
    else:
        _show_report(report, misses)
    f1 = found.rules[ANY_RULE].f1
    if f1 < fail_under:
        click.echo(f"F1 {f1:.4f} is below {fail_under}", err=True)
    if failed or f1 < fail_under:
        sys.exit(PROBLEMS)


def _show_report(report: dict[str, Any], misses: bool) -> None:
    def figures(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return (
            row["hits"],
            row["false"],
            row["missed"],
            f"{row['precision']:.3f}",
            f"{row['recall']:.3f}",
            f"{row['f1']:.3f}",
        )

    rows = [(f"rule {name}", *figures(row)) for name, row in report["rules"].items()]
    rows += [(f"language {name}", *figures(row)) for name, row in report["languages"].items()]
    rows += [(name, *figures(report[name])) for name in ("amounts", "countries") if name in report]
    table(("what", "hits", "false", "missed", "precision", "recall", "F1"), rows)
    if "stories" in report:
        click.echo("stories: " + ", ".join(f"{name} {value:.3f}" for name, value in report["stories"].items()))
    if misses:
        for wrong in report["wrong"]:
            click.echo(
                f"{wrong['kind']:7} {wrong['id']}  {wrong['title']}"
                + (f"\n        {wrong['reason'][:300]}" if wrong["reason"] else "")
            )
