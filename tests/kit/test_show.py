"""One explorer alone on the screen: by its token, by the name of a demo, or as an address for the JupyterLab that runs."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

import rpn_edu as rpn
from rpn_edu import cli
from rpn_edu.explore import Basis, Explorer
from rpn_edu.kit.show import asked_for, book, demos, links, whole
from rpn_edu.shared import machine
from tools.lab import FLAGS, chromium

TOKEN = Explorer(rpn.expansion.Chebyshev(degree=5), Basis(at=0.25)).token()


def test_an_explorer_opens_from_its_token_alone():
    page = Explorer(TOKEN)
    assert (page.subject, page.picture) == (rpn.expansion.Chebyshev(degree=5), Basis(at=0.25)) and page.token() == TOKEN
    with pytest.raises(TypeError, match="Explorer.picture must be left out, for a token brings its own, got picture.Basis"):
        Explorer(TOKEN, Basis())
    with pytest.raises(ValueError, match="no state of an explorer"):
        Explorer(TOKEN[:-3])


def test_a_state_is_named_by_its_token_as_mail_brings_it_or_by_the_name_of_a_demo(capsys):
    assert asked_for(f"> {TOKEN[:30]}\n> {TOKEN[30:]}") == (TOKEN, None)
    number, demo = next(demos())
    assert asked_for(demo.name) == (demo.token, None)
    assert asked_for("a bias is what κ lacks")[1] == ("remainder",)
    assert cli.main(["show", "demos"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"{number}  {demo.name}"


def test_a_text_that_is_neither_is_refused_with_the_near_miss(capsys):
    _, demo = next(demos())
    with pytest.raises(SystemExit) as stopped:
        cli.main(["show", demo.name[:-1] + "x"])
    said = capsys.readouterr().err
    assert stopped.value.code == 1 and f"did you mean {demo.name}" in said and "no state of an explorer" in said


def test_the_page_is_one_cell_that_shows_the_explorer_as_large_as_the_screen():
    (cell,) = book(TOKEN)["cells"]
    place = {}
    exec(cell["source"].replace("\n\nwhole", "\n\nshown = whole"), place)
    assert place["shown"].token() == TOKEN and "rpn-whole" in place["shown"].face.panel._dom_classes
    assert json.loads(json.dumps(book(TOKEN))) == book(TOKEN) and whole(TOKEN).picture == Basis(at=0.25)
    (cell,) = book(*asked_for("a bias is what κ lacks"))["cells"]
    exec(cell["source"].replace("\n\nwhole", "\n\nshown = whole"), place)
    assert place["shown"].state.lit == "π", "the term that the demo moves"


@pytest.mark.parametrize("secret", ["abc", ""])
def test_the_address_of_a_running_lab_holds_the_state(secret, monkeypatch, capsys):
    running = [{"url": "http://localhost:8888/", "token": secret}]
    monkeypatch.setattr("jupyter_server.serverapp.list_running_servers", lambda: iter(running))
    assert cli.main(["show", TOKEN, "--link"]) == 0
    said = capsys.readouterr()
    assert said.out == f"http://localhost:8888/lab?rpn={TOKEN}{'&token=abc' * bool(secret)}\n" and "Whoever reads this" in said.err
    running.clear()
    with pytest.raises(LookupError, match="no JupyterLab runs here"):
        links(TOKEN)


def test_voila_takes_the_place_of_the_command_with_all_options_that_are_its_own(monkeypatch):
    lines = []
    monkeypatch.setattr(machine, "become", lambda module, arguments: lines.append([module, *arguments]))
    assert cli.main(["show", TOKEN, "--port=8999", "--no-browser"]) == 0
    module, *told, page = lines[0]
    assert module == "voila" and {"--port=8999", "--no-browser"} <= {*told}
    assert json.loads(Path(page).read_text(encoding="utf-8")) == book(TOKEN)


@pytest.mark.browser
def test_a_demo_fills_the_page_and_its_slider_moves_it(tmp_path):
    path = chromium()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [sys.executable, "-m", "rpn_edu", "show", TOKEN, "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    with subprocess.Popen(line, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server, sync_playwright() as play:
        try:
            assert any(f":{port}/" in line for line in server.stderr), "it says where it listens"
            browser = play.chromium.launch(executable_path=path, args=FLAGS.split())
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"http://127.0.0.1:{port}/")
            picture = page.locator("img.rpn-picture")
            picture.wait_for()
            assert page.locator(".rpn-explorer").count() == 1 and "Explorer" not in page.locator("body").inner_text(), "no code"
            assert picture.bounding_box()["width"] > 720, "wider than in a notebook"
            before = picture.get_attribute("src")
            page.locator("[role=slider]").first.press("ArrowRight")
            page.wait_for_function("src => document.querySelector('img.rpn-picture').src !== src", arg=before)
            assert "At x = 0.3" in picture.get_attribute("alt"), "the dotted x, by its handle in the picture"
            browser.close()
        finally:
            server.terminate()
