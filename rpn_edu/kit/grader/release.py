"""What nbgrader makes of the sources: copies for students, and a gradebook that knows what a check held."""

import io
import logging
import warnings
from pathlib import Path

import nbformat
import nbgrader
from alembic.config import Config as Migrations
from alembic.script import ScriptDirectory
from nbconvert.preprocessors import ClearMetadataPreprocessor, TagRemovePreprocessor
from nbformat import NotebookNode
from nbgrader import api
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    SaveCells,
)  # fmt: skip
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from ...course.rows import Chapter
from ..editions import file
from ..sources import source


def settings() -> Config:
    """How nbgrader makes the copy of a student."""
    told = Config()
    told.ClearSolutions.code_stub = {"python": ""}  # the stub stands above the solution
    told.TagRemovePreprocessor.enabled = True
    told.TagRemovePreprocessor.remove_cell_tags = {"teacher", "solution"}
    told.ClearMetadataPreprocessor.enabled = True
    told.ClearMetadataPreprocessor.preserve_cell_metadata_mask = {"nbgrader", "tags", "editable", "deletable", "jupyter"}
    told.ClearMetadataPreprocessor.preserve_nb_metadata_mask = {"kernelspec", "language_info", "rpn_edu"}
    told.GenerateAssignment.preprocessors = [
        *(TagRemovePreprocessor, LockCells, ClearSolutions, CheckCellMetadata, ComputeChecksums, SaveCells),
        *(ClearHiddenTests, ComputeChecksums, CheckCellMetadata, ClearMetadataPreprocessor),
    ]
    return told


def released(root: Path, row: Chapter) -> NotebookNode:
    """The copy of a chapter for students, made in nbgrader's folder. RuntimeError with its words where it refuses."""
    place = root / "source" / row.name / row.path.name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(file(source(row)))
    if refused := converted(GenerateAssignment, root, row.name, settings()):
        raise RuntimeError(f"{row.name}: nbgrader refuses. {refused}")
    return nbformat.read(root / "release" / row.name / row.path.name, as_version=4)


def converted(step: type[BaseConverter], root: Path, chapter: str, told: Config, student: str = "*") -> str:
    """Let nbgrader do a step for a chapter, anew. Nothing where it is done, else what nbgrader said."""
    said = io.StringIO()
    log = logging.Logger(step.__name__)
    log.addHandler(logging.StreamHandler(said))
    course = CourseDirectory(root=str(root.resolve()), assignment_id=chapter, student_id=student, log=log)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own tables
        try:
            step(coursedir=course, config=told, log=log, force=True).start()
        except NbGraderException:
            return said.getvalue()
    return ""


def newest() -> str:
    """The version of nbgrader's tables. It asks a program for it, which is not found where Python's programs are not on the PATH."""
    where = Migrations()
    where.set_main_option("script_location", str(Path(nbgrader.__file__).with_name("alembic")))
    return str(ScriptDirectory.from_config(where).get_current_head())


api.get_alembic_version = newest
