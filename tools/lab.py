"""A notebook driven as a learner drives it: JupyterLab in the system's Chromium, by keyboard, with an ear on the kernel's wire.

    with lab("notebooks") as jupyter, jupyter.open("00_start.ipynb") as book:
        book.run_all()
        book.slider("degree").focus()
        milliseconds = book.latency("ArrowRight")
        assert not book.errors

Nothing here sleeps for a fixed time: the server is polled until it answers, and a kernel is idle when it has answered every request.
"""

import base64
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import SkipTest
from urllib.parse import quote

from playwright.sync_api import Browser, Locator, Page, WebSocket, sync_playwright

PICTURE = "img.rpn-picture"
EXPLORERS = "[one for one in __import__('gc').get_objects() if type(one).__name__ == 'Explorer' and hasattr(one, 'controls')]"
"""All explorers of a kernel, as it knows them."""
RESTED = f"all(one.resting.work is None for one in {EXPLORERS})"
# Chromium's own sandbox does not start for root in a container; the rest keeps it from calling home.
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false"},  # else a question about news lies over the page
    "docmanager-extension/plugin": {"autosave": False},  # after two minutes, on a slow day: who closes a notebook then is told an error
}
"""What a page does not do of its own accord."""
PRIVATE = "JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR JUPYTERLAB_SETTINGS_DIR JUPYTERLAB_WORKSPACES_DIR IPYTHONDIR"

# Milliseconds from the first trusted key or pointer press to the frame that can show the next picture. `load` does not bubble, hence
# the capturing listener; a new <img> in an HTML widget and a new src in an old <img> are both heard.
LATENCY = """picture => {
    window.rpnLatency = new Promise(done => {
        let start = null
        const press = event => { start ??= event.timeStamp }
        const load = event => {
            if (start === null || !event.target.matches?.(picture)) return
            for (const type of ['keydown', 'pointerdown']) document.removeEventListener(type, press, true)
            document.removeEventListener('load', load, true)
            requestAnimationFrame(() => done(performance.now() - start))
        }
        for (const type of ['keydown', 'pointerdown']) document.addEventListener(type, press, true)
        document.addEventListener('load', load, true)
    })
}"""


# Empty text once the notebook and its kernel stand; or what a dialog says (a notebook without kernelspec asks for one).
READY = """() => {
    const widget = window.jupyterapp?.shell.currentWidget
    const ready = widget?.context?.isReady && widget.sessionContext.isReady && widget.sessionContext.session?.kernel?.status === 'idle'
    const dialog = document.querySelector('.jp-Dialog-content')?.innerText
    return (ready || dialog) && { question: ready ? '' : dialog }
}"""

ASK = """async expression => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
    const reply = await kernel.requestExecute({ code: '', user_expressions: { it: expression } }).done
    return reply.content.user_expressions.it
}"""
# A kernel takes two seconds to end: only who opens the same notebook again, or leaves the page, waits for that.
CLOSE = """() => {
    const open = window.jupyterapp.shell.currentWidget
    const ended = Promise.race([open.sessionContext.session?.shutdown(), new Promise(enough => setTimeout(enough, 5000))])
    window.rpnEnded = { ...window.rpnEnded, [open.context.path]: ended }
    open.dispose()
}"""
ENDED = "async path => { await window.rpnEnded?.[path] }"
OPEN = "async path => { await window.jupyterapp.commands.execute('docmanager:open', {path}) }"

# A kernel answers in order: with this it has answered all that the page has asked before. Two frames later that is on the screen.
ANSWERED = """async seconds => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
    const late = new Promise((_, fail) => setTimeout(() => fail(new Error(`the kernel is busy after ${seconds} s`)), 1000 * seconds))
    await Promise.race([kernel.requestExecute({ code: '' }).done, late])
    for (const _ of [1, 2]) await new Promise(frame => requestAnimationFrame(frame))
}"""


def chromium() -> str:
    """The path of a Chromium. Without one, a test is skipped at home and fails in CI."""
    if named := os.environ.get("RPN_EDU_CHROMIUM"):
        return named
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise (RuntimeError if os.environ.get("CI") else SkipTest)("no Chromium found: install chromium or set RPN_EDU_CHROMIUM to its path")


# The module that starts, and the page of a notebook: Lab in a workspace of its own, else it brings back the tabs of the notebook before.
APPS = {"lab": ("jupyterlab", "lab/workspaces/w{}/tree"), "notebook": ("notebook", "notebooks")}


@contextlib.contextmanager
def eyes() -> Iterator[Browser]:
    """The system's Chromium. A process drives one at a time."""
    path = chromium()
    with (
        sync_playwright() as playwright,
        contextlib.closing(playwright.chromium.launch(executable_path=path, args=FLAGS.split())) as browser,
    ):
        yield browser


@contextlib.contextmanager
def lab(root: str | Path, app: str = "lab", browser: Browser | None = None, **kernel_environment: str) -> Iterator["Lab"]:
    """JupyterLab, or Notebook 7, on a free loopback port over a temporary copy of the folder `root`, and a browser to look at it."""
    with (
        contextlib.nullcontext(browser) if browser else eyes() as browser,
        tempfile.TemporaryDirectory(prefix="rpn_lab_", ignore_cleanup_errors=True) as home,
        serve(Path(root), Path(home), kernel_environment, app) as server,
    ):
        yield Lab(server, browser, app)


@contextlib.contextmanager
def serve(root: Path, home: Path, environment: dict[str, str], app: str) -> Iterator[dict[str, Any]]:
    """A server that knows nothing of the user's settings; yields the facts it wrote about itself (port, token, ...)."""
    shutil.copytree(root, home / "root", ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__"))
    for name, setting in SETTINGS.items():
        path = home / f"jupyterlab_settings_dir/@jupyterlab/{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(setting))
    command = [
        *(sys.executable, "-m", APPS[app][0], "--no-browser", "--allow-root", f"--ServerApp.root_dir={home / 'root'}"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"),
        # both, whichever runs: the server of Notebook carries that of Lab, which has the last word on the page's settings
        *("--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"),
        # what would ask the internet: a newer version, more extensions (and the news, above)
        *("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly"),
    ]
    with (home / "log").open("w+") as log:
        server = subprocess.Popen(
            command,
            env=os.environ | {name: str(home / name.lower()) for name in PRIVATE.split()} | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield facts(server, home)
        finally:
            server.send_signal(signal.SIGTERM)  # the server ends its kernels
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def facts(server: subprocess.Popen, home: Path, seconds: float = 60) -> dict[str, Any]:
    """What the server says of itself, once its API answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        for file in (home / "jupyter_runtime_dir").glob("jpserver-*.json"):
            with contextlib.suppress(OSError, ValueError, http.client.HTTPException):  # half-written, not yet listening
                found = json.loads(file.read_text())
                with contextlib.closing(http.client.HTTPConnection("127.0.0.1", found["port"], timeout=5)) as api:
                    api.request("GET", f"/api/status?token={found['token']}")
                    if api.getresponse().status == 200:
                        return found
        time.sleep(0.05)
    raise RuntimeError(f"JupyterLab did not start:\n{(home / 'log').read_text()[-3000:]}")


class Lab:
    def __init__(self, server: dict[str, Any], browser: Browser, app: str):
        self.url, self.token, self.browser, self.opened = f"http://127.0.0.1:{server['port']}", server["token"], browser, 0
        self.pages, self.root = APPS[app][1], Path(server["root_dir"])
        self.context = browser.new_context()  # it keeps what it has loaded
        self.window: Page | None = None  # JupyterLab with no notebook in it

    @contextlib.contextmanager
    def open(self, notebook: str, width: int = 1280, height: int = 1000, sharp: float = 1) -> Iterator["Book"]:
        """A notebook alone in a window, its kernel started and idle; both end with the `with`.

        JupyterLab is loaded once: the next notebook opens where the one before was closed, as it does for a learner. In Notebook 7 each
        has a page of its own.
        """
        page, self.window = self.window or self.context.new_page(), None
        book = Book(page, notebook)
        book.screen(width, height, sharp)
        if page.url == "about:blank":
            self.opened += 1
            page.goto(f"{self.url}/{self.pages.format(self.opened)}/{quote(notebook)}?token={self.token}")
        else:
            page.evaluate(ENDED, notebook)
            page.evaluate(OPEN, notebook)
        if question := page.wait_for_function(READY, timeout=60_000).json_value()["question"]:
            raise RuntimeError(f"JupyterLab asks instead of opening {notebook}: {question}")
        book.wait_idle()
        try:
            yield book
        finally:
            page.evaluate(CLOSE)
            if self.pages.startswith("lab"):
                book.deaf()
                self.window = page
            else:
                page.evaluate(ENDED, notebook)
                page.close()


class Book:
    """A notebook in a page. What is not defined here is the page's: `book.locator(...)`, `book.keyboard`, `book.screenshot(...)`."""

    def __init__(self, page: Page, notebook: str):
        self.page, self.notebook = page, notebook
        self.asked = 0  # requests to the kernel so far
        self.open_requests: set[str] = set()  # those that are not yet answered by `idle`
        self.last_frame = time.monotonic()
        self.wire: list[dict[str, Any]] = []  # every message from the kernel but its status, as sent
        self.complaints: list[str] = []  # the page's own errors
        self.hears = {
            "websocket": self.listen,
            "pageerror": lambda error: self.complaints.append(f"page: {error}"),
            "console": lambda line: line.type == "error" and self.complaints.append(f"console: {line.text} ({line.location['url']})"),
        }
        for what, heard in self.hears.items():
            page.on(what, heard)
        self.devtools = page.context.new_cdp_session(page)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.page, name)

    def deaf(self) -> None:
        """The next notebook in this page has a book of its own."""
        for what, heard in self.hears.items():
            self.page.remove_listener(what, heard)
        self.devtools.detach()

    # -- the kernel's wire

    def listen(self, socket: WebSocket) -> None:
        if re.search(r"/api/kernels/[^/]+/channels", socket.url):
            socket.on("framesent", self.sent)
            socket.on("framereceived", self.received)

    def sent(self, frame: str | bytes) -> None:
        channel, message = unpack(frame)
        if channel in ("shell", "control"):
            self.asked += 1
            self.open_requests.add(message["header"]["msg_id"])
            self.last_frame = time.monotonic()

    def received(self, frame: str | bytes) -> None:
        self.last_frame = time.monotonic()
        _, message = unpack(frame)
        if message["header"]["msg_type"] != "status":
            self.wire.append(message)
        elif message["content"]["execution_state"] == "idle":
            self.open_requests.discard(message["parent_header"].get("msg_id"))

    def wait(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} after {seconds:g} s; errors so far: {self.errors}")
            self.page.wait_for_timeout(20)  # playwright hears the wire only while it waits

    def wait_idle(self, quiet: float = 0.3, seconds: float = 120) -> None:
        """Until every request is answered and the wire was silent for `quiet` seconds, for a view may still ask for its widgets."""
        self.last_frame = time.monotonic()
        self.wait(lambda: not self.open_requests and time.monotonic() - self.last_frame > quiet, seconds, "the kernel is busy")

    def wait_answered(self, seconds: float = 120) -> None:
        """Until the kernel has answered all that the page has asked it, and the answers are on the screen: what a press needs."""
        while True:
            before = self.asked
            self.page.evaluate(ANSWERED, seconds)
            if self.asked == before + 1 and not self.open_requests:  # the page had no further question
                return

    def wait_rested(self, seconds: float = 20) -> None:
        """Until no explorer has work left for a hand that rests: what has no effect is greyed out, and the stops are known."""
        self.wait_answered()  # a slider whose last move is on its way holds the next one back
        self.wait(lambda: self.ask(RESTED) == "True", seconds, "an explorer has work left")
        self.wait_answered()

    @property
    def errors(self) -> list[str]:
        """What went wrong so far: exceptions in cells and callbacks (a front end hides the latter), and the page's own errors."""
        kernel = (m["content"] for m in self.wire if m["header"]["msg_type"] == "error")
        return [f"kernel: {c['ename']}: {c['evalue']}" for c in kernel] + self.complaints

    # -- what a learner does and sees

    def screen(self, width: int = 1280, height: int = 1000, sharp: float = 1) -> None:
        """The size of the window. The screen has `sharp` pixels for each of the window's, each way."""
        screen = {"width": width, "height": height, "deviceScaleFactor": sharp, "mobile": False}
        self.devtools.send("Emulation.setDeviceMetricsOverride", screen)

    def run_all(self, seconds: float = 300) -> None:
        """Run every cell and wait until the widgets stand."""
        self.page.evaluate("""() => {
            window.rpnRan = false  // asked for, not awaited: an evaluation has no time limit
            window.jupyterapp.commands.execute('notebook:run-all-cells').finally(() => { window.rpnRan = true })
        }""")
        self.page.wait_for_function("() => window.rpnRan", polling=100, timeout=1000 * seconds)
        self.wait_idle(seconds=seconds)

    def save(self) -> None:
        """Save the notebook and wait until that is done."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        self.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")

    def ask(self, expression: str) -> str:
        """How the kernel prints the value of an expression."""
        given = self.page.evaluate(ASK, expression)
        if given["status"] != "ok":
            raise RuntimeError(f"the kernel cannot tell {expression}: {given['ename']}: {given['evalue']}")
        return given["data"]["text/plain"]

    def theme(self, name: str) -> None:
        """Change JupyterLab's theme to Light or Dark."""
        self.page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab ' + name})", name)
        self.page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=str(name == "Light").lower())
        self.wait_answered()

    def slider(self, name: str) -> Locator:
        """The handle of the slider whose description is `name`; it has its own name only where a script gave it one."""
        label = self.page.locator(".widget-label", has_text=re.compile(f"^{re.escape(name)}$"))
        return self.page.locator(".widget-slider", has=label).locator("[role=slider]")

    def picture(self, number: int = 0) -> bytes:
        """The bytes of a picture in the page."""
        src = self.page.locator(PICTURE).nth(number).get_attribute("src") or ""
        return base64.b64decode(src.partition("base64,")[2])

    def latency(self, press: str | Callable[[], object], picture: str = PICTURE, seconds: float = 10) -> float:
        """Milliseconds from a press (a key for the focused element, or an action that presses) to the next picture on the screen."""
        self.wait_idle(quiet=0.05)  # a late picture of the press before would flatter this one
        self.page.evaluate(LATENCY, picture)
        self.page.keyboard.press(press) if isinstance(press, str) else press()
        late = f"new Promise((_, fail) => setTimeout(() => fail(new Error('no new picture after {seconds:g} s')), {seconds * 1000}))"
        return self.page.evaluate(f"() => Promise.race([window.rpnLatency, {late}])")


def unpack(frame: str | bytes) -> tuple[str, dict[str, Any]]:
    """Channel and message of a WebSocket frame: JSON text, or v1.kernel.websocket.jupyter.org, where a row of little-endian 64-bit
    numbers (how many offsets, then the offsets) says where channel, header, parent header, metadata, content and buffers begin."""
    if isinstance(frame, str):
        message = json.loads(frame)
        return message["channel"], message
    word = [int.from_bytes(frame[8 * i : 8 * i + 8], "little") for i in range(1 + int.from_bytes(frame[:8], "little"))]
    parts = [frame[start:stop] for start, stop in zip(word[1:], word[2:])]
    names = ("header", "parent_header", "metadata", "content")
    return parts[0].decode(), {name: json.loads(part) for name, part in zip(names, parts[1:])}
