"""A submission is run: in a kernel of its own, with the package that students have, within limits of time and memory."""

import sys
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode, v4
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from nbgrader.utils import is_grade
from traitlets import Dict, Float

LETTERS = 200_000
"""So much of what a cell prints is kept: a loop that prints for ever fills no memory but its own."""

LIMITED = """
import sys
try:
    import resource
except ImportError:  # Windows has no such limits
    pass
else:
    resource.setrlimit(resource.RLIMIT_DATA, (int({limit}), resource.getrlimit(resource.RLIMIT_DATA)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from ipykernel import kernelapp
kernelapp.launch_new_instance()
"""
"""How the kernel of a submission begins. The limit is one of data: address space alone, of which torch reserves much, costs nothing."""


class Kernels(AsyncKernelManager):
    """Kernels that have a limit of memory, and an environment of their own."""

    gigabytes = Float(2.0).tag(config=True)
    """So much data a kernel may hold."""
    environment: Any = Dict().tag(config=True)
    """Variables on top of those of this process."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """How a kernel is started, whatever is installed on this machine under the name that a notebook tells."""
        start = LIMITED.format(limit=self.gigabytes * 2**30)
        return KernelSpec(
            argv=[sys.executable, "-c", start, "-f", "{connection_file}", "--log-level=ERROR"],
            env=dict(self.environment),
            language="python",
        )


class Run(Execute):
    """Runs a submission as far as it goes. What a dead kernel or one that cannot be interrupted leaves undone is told in the checks."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**(options | {"kernel_manager_class": Kernels}))

    def preprocess(self, nb: NotebookNode, resources: Any, km: Any = None) -> tuple[NotebookNode, Any]:
        """Run a notebook. Nothing is raised for what a student's code does to its kernel."""
        try:
            return super().preprocess(nb, resources, km)
        except (DeadKernelError, CellTimeoutError) as stopped:
            for cell in nb.cells:
                if is_grade(cell) and not cell.outputs:
                    cell.outputs = [v4.new_output("error", ename=type(stopped).__name__, evalue="", traceback=[])]
            return nb, resources

    def output(self, outs: list[NotebookNode], msg: dict[str, Any], display_id: Any, cell_index: int) -> NotebookNode | None:
        """Keep what a cell shows, unless it has shown too much already."""
        if msg["msg_type"] == "stream" and sum(len(out.get("text", "")) for out in outs) > LETTERS:
            return None
        return super().output(outs, msg, display_id, cell_index)


class Quiet(NbGraderPreprocessor):
    """Takes from a check what was printed: nbgrader gives no mark where there is a warning, and an answer may warn and be right."""

    def preprocess_cell(self, cell: NotebookNode, resources: Any, cell_index: int) -> tuple[NotebookNode, Any]:
        """A cell without streams."""
        if is_grade(cell):
            cell.outputs = [out for out in cell.outputs if out.output_type != "stream"]
        return cell, resources
