"""Execute notebooks and store what they show: `python -m tools.store_notebooks [notebook or folder ...]` (default: notebooks).

The same code gives the same bytes (unless a cell prints a clock): no times, random ids, versions, widget state or tracebacks are stored.
How many explorers a notebook shows, and how many controls they have, is counted in its kernel and stored in its row (tools/chapters.py).
"""

import json
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

VIEW = "application/vnd.jupyter.widget-view+json"  # names a widget of a kernel that has ended
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"},
}


def stored(outputs: list) -> list:
    """Outputs as a page without a kernel can show them."""
    for output in outputs:
        if output.output_type == "error":
            output.traceback = [f"{output.ename}: {output.evalue}"]  # frames hold paths and line numbers
        output.get("data", {}).pop(VIEW, None)
    return [output for output in outputs if output.get("data", True)]


# How many explorers the notebook shows, and how many controls they have.
COUNT = """
from json import dumps
from rpn_edu.explore import Explorer
shown = {id(one): one for one in Out.values() if isinstance(one, Explorer)}.values()
print(dumps({"explorers": len(shown), "controls": sum(len(list(one.controls())) for one in shown)}))
"""


def execute(book: nbformat.NotebookNode, folder: Path, last: str) -> str:
    """Run every cell in place, and say what one more prints at the end."""
    book.cells.append(nbformat.v4.new_code_cell(last))
    # record_timing and store_widget_state would write times and 44 kB of dead widgets into the metadata
    NotebookClient(
        book,
        kernel_name="python3",
        timeout=600,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # no word about encryption: kernel and client share this machine
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    return book.cells.pop().outputs[0].text


def counted(book: nbformat.NotebookNode, folder: Path) -> dict[str, int]:
    """Run every cell in place, and say how many explorers the notebook shows and how many controls they have."""
    return json.loads(execute(book, folder, COUNT))


def store(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    book.nbformat_minor = 5
    for number, cell in enumerate(book.cells):
        cell.setdefault("id", f"cell-{number}")
        cell.metadata.pop("execution", None)
    shown = counted(book, path.parent)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = stored(cell.outputs)
    book.metadata = {key: value for key, value in book.metadata.items() if key != "widgets"} | METADATA
    book.metadata["rpn_edu"] = book.metadata.get("rpn_edu", {}) | shown
    nbformat.validate(book)
    path.write_text(nbformat.writes(book, indent=1).rstrip("\n") + "\n", encoding="utf-8", newline="\n")


def main(names: list[str]) -> None:
    paths = [p for name in names for p in (sorted(Path(name).glob("*.ipynb")) if Path(name).is_dir() else [Path(name)])]
    if not paths:
        sys.exit(f"no notebooks in {' '.join(names)}")
    for path in paths:
        print(path, end="  ", flush=True)
        start = time.perf_counter()
        store(path)
        print(f"{time.perf_counter() - start:.1f} s  {path.stat().st_size // 1000} kB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["notebooks"])
