"""Every exercise takes its right answers and answers wrong ones in a sentence: a chapter that is only run says no more than "waiting"."""

import json
import re
import runpy

import pytest
import torch

from tools.chapters import answers, chapters


@pytest.mark.parametrize("path", [chapter.path for chapter in chapters()], ids=lambda path: path.stem)
def test_exercises_take_what_is_right_and_answer_what_is_wrong(path, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    known = runpy.run_path(str(answers(path.stem)))["ANSWERS"]
    place, found = {"__name__": path.stem}, []
    with torch.random.fork_rng(devices=[]):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] != "code":
                continue
            if waiting := re.search(r"Exercise (\d+) is waiting", source):
                found.append(int(waiting[1]))
                right, wrong = known[found[-1] - 1]
                for answer in right:
                    exec(re.sub(r"\bNone\b.*", answer, source, count=1), dict(place))
                    assert "Right" in capsys.readouterr().out, answer
                for answer in wrong:
                    with pytest.raises(AssertionError) as said:
                        exec(re.sub(r"\bNone\b.*", answer, source, count=1), dict(place))
                    assert len(str(said.value).split()) >= 4, f"{answer} deserves a sentence"
            exec(source, place)
    assert found == list(range(1, len(known) + 1))
