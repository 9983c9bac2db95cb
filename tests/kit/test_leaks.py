"""Nothing that students get holds a line of a solution or a right value; and wherever one is planted, it is found."""

import base64
import json
import shutil
import zipfile

import pytest

from rpn_edu.course import rows
from rpn_edu.kit.leaks import TOLD, pieces, searched, squeezed

CHAPTERS = rows.chapters()
LINE = "return w.view(2, 2).repeat(2, 3)"


def test_students_get_no_line_of_a_solution_and_no_right_value(built):
    found = searched(built / "student", CHAPTERS)
    print(found)
    assert not found.leaks, "\n".join(map(str, found.leaks))
    assert len(found.needles) >= 55 and found.files > 150


def test_every_exercise_is_searched_for_but_for_what_says_nothing_of_its_own():
    needles, left_out = pieces(CHAPTERS)
    assert {needle.key for needle in needles} == {f"{row.number}-{number}" for row in CHAPTERS for number in (1, 2, 3)}
    told = {squeezed(needle.text) for needle in left_out}
    assert {"defpadding(w):", "returnbest", "best=step", "forstep,lossinenumerate(losses):", "(5,4)"} <= told
    assert {squeezed(text) for text in TOLD} <= told and "best=(5,4)" in {squeezed(needle.text) for needle in needles}


def test_the_solutions_themselves_are_full_of_leaks(built):
    found = searched(built / "solution", CHAPTERS)
    assert {leak.needle for leak in found.leaks} >= {needle for needle in found.needles if needle.text != needle.text.strip()}


def in_a_comment(book):
    book["cells"][0]["source"] += f"\n<!-- {LINE} -->"


def in_the_metadata(book):
    book["metadata"]["rpn_edu"]["answer"] = {"2": [LINE]}


def in_a_name_of_the_metadata(book):
    book["cells"][3]["metadata"][LINE] = 1


def in_an_attachment(book):
    book["cells"][0]["attachments"] = {"a.txt": {"text/plain": base64.b64encode(f"x\n{LINE}\n".encode()).decode()}}


def in_an_output(book):
    book["cells"][2]["outputs"][0]["data"]["text/html"] = f"<pre>{LINE.replace('view', '<b>view</b>')}</pre>"


def in_a_printed_output(book):
    book["cells"][2]["outputs"].append({"output_type": "stream", "name": "stdout", "text": [f"{LINE[:12]}", f"{LINE[12:]}\n"]})


def folded_away(book):
    book["cells"][0]["source"] += f"\n<details><summary>Solution</summary>\n\n```python\n{LINE.replace(' ', '  ')}\n```\n</details>"


def as_a_value(book):
    book["cells"][0]["source"] += "\n`best =\n(5,4)`"


@pytest.mark.parametrize(
    "plant",
    [
        in_a_comment,
        in_the_metadata,
        in_a_name_of_the_metadata,
        in_an_attachment,
        in_an_output,
        in_a_printed_output,
        folded_away,
        as_a_value,
    ],
    ids=lambda plant: plant.__name__,
)
def test_what_is_planted_in_a_notebook_is_found(plant, built, tmp_path):
    book = json.loads((built / "student/02_reconciliation.ipynb").read_text())
    plant(book)
    (tmp_path / "renamed.ipynb").write_text(json.dumps(book))
    (leak,) = searched(tmp_path, CHAPTERS).leaks
    assert leak.file == "renamed.ipynb" and leak.needle.key in ("02-1", "02-2") and str(leak).startswith("renamed.ipynb, ")


@pytest.mark.parametrize(
    "place", ["rpn_edu/course/solutions/02_reconciliation.md", "rpn_edu/course/exercises/mine.py", "rpn_edu/_course/x.md"]
)
def test_what_is_planted_in_the_wheel_is_found(place, built, tmp_path):
    wheel = tmp_path / next((built / "student").glob("*.whl")).name
    shutil.copy(next((built / "student").glob("*.whl")), wheel)
    with zipfile.ZipFile(wheel, "a") as packed:
        packed.writestr(place, f"def right(w):\n    {LINE}\n")
    (leak,) = searched(tmp_path, CHAPTERS).leaks
    assert leak.file == f"{wheel.name}: {place}" and leak.needle.text.strip() == LINE
