"""Components: hyperparameters as checked, frozen values. The only framework there is.

A component is a dataclass that stays as it is. Its annotations say everything once:
`degree: Annotated[int, Dial(1, 10, "highest degree")] = 3` is the check, the repr, the config, the samples of the tests and the slider of
the explorer. Tensors, devices and learned numbers live elsewhere.
"""

import dataclasses
import inspect
import math
import numbers
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, TypeVar, dataclass_transform

from .shared.machine import Printed
from .shared.words import brackets, did_you_mean, nearest

CATALOGUE: dict[str, type["Component"]] = {}
"""Every registered component by its qualified name, such as `expansion.Taylor`."""


def term_names() -> set[str]:
    """The names of the terms: what people write around the name of a component."""
    return {row.term for row in CATALOGUE.values()} - {""}


def near(name: str, rows: Iterable[type["Component"]], qualified: bool = False) -> str:
    """The end of an error message: the components nearest to a name, be it misspelt or with words of tinyBIG's around ours."""
    return nearest(name, {row.__name__: row.qualified_name() if qualified else row.__name__ for row in rows}, term_names())


LARGE = 1e18
"""A float has a size from 1 / LARGE to LARGE, or is 0: its square is a float32, and nothing that is made of it overflows on the way."""

LAST_SEED = 2**64 - 1
"""torch's generators take no larger one."""


def scalar(value: Any) -> Any:
    """A number of NumPy, an array or tensor without axes as Python's own number; everything else as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 else value


def demand(holds: bool, name: str, wanted: str, value: Any) -> None:
    """TypeError that says which argument it is, what was wanted and what came, unless the condition holds."""
    if not holds:
        raise TypeError(f"{name} must be {wanted}, got {value!r:.200}{brackets(value)}")


@dataclasses.dataclass(frozen=True)
class Dial:
    """A number that can be turned: explored from `low` to `high`, allowed from `least` to `most` (`None`: no limit; `above`: strictly).

    `zero` says what 0 stands for, where it is no number like the others. What `plays` is a time: it can run by itself.
    """

    low: float
    high: float
    doc: str
    least: float | None | Literal["low"] = "low"
    above: bool = False
    log: bool = False
    most: float | None = None
    zero: str = ""
    plays: bool = False

    @property
    def limit(self) -> float | None:
        """The least allowed number; None where there is none."""
        return self.low if self.least == "low" else self.least

    def allows(self, value: float) -> bool:
        """Does the number lie within what is allowed?"""
        enough = self.limit is None or value > self.limit or (value == self.limit and not self.above)
        return enough and (self.most is None or value <= self.most)

    def wanted(self, kind: str) -> str:
        """What an error message asks for: int >= 1 (highest degree)."""
        bounds = [] if self.limit is None else [f" {'>' if self.above else '>='} {self.limit}"]
        bounds += [] if self.most is None else [f" <= {self.most}"]
        return f"{kind}{' and'.join(bounds)} ({self.doc})"


@dataclasses.dataclass(frozen=True)
class Table:
    """Numbers that are given, not turned (a matrix, a list of links), with a small example for tests and galleries."""

    doc: str
    example: tuple[Any, ...]


Kind = Literal["int", "float", "bool", "choice", "part", "parts", "table"]


class Field(NamedTuple):
    """One declared hyperparameter: how it is checked, shown, stored and sampled."""

    owner: str
    name: str
    kind: Kind
    default: Any
    meta: Any  # a Dial, a Table, a sentence or nothing
    base: Any
    optional: bool

    @property
    def doc(self) -> str:
        """What the field means, in a few words; its name where nothing more is said."""
        said = self.meta if isinstance(self.meta, str) else self.meta.doc if self.meta else self.name
        return f"{said}; 0 chooses {self.meta.zero}" if isinstance(self.meta, Dial) and self.meta.zero else said

    def checked(self, value: Any) -> Any:
        """The value in its canonical type. TypeError or ValueError says who, what was wanted and what came."""
        if value is dataclasses.MISSING:
            raise TypeError(f"{self.owner} needs {self.name}: {self.doc}")
        value = scalar(value)
        if value is None and self.optional:
            return None
        match self.kind:
            case "int" | "float":
                abstract, cast = (numbers.Integral, int) if self.kind == "int" else (numbers.Real, float)
                number: Any = value
                wanted = self.meta.wanted(self.kind)
                if isinstance(value, bool) or not isinstance(value, abstract):
                    self._refuse(TypeError, wanted, value)
                if not self.meta.allows(number):
                    self._refuse(ValueError, wanted, value)
                if self.kind == "float" and number and not 1 / LARGE <= abs(number) <= LARGE:
                    self._refuse(ValueError, f"float of a size from {1 / LARGE} to {LARGE}, or 0 ({self.doc})", value)
                return cast(number)
            case "bool":
                return value if isinstance(value, bool) else self._refuse(TypeError, f"True or False ({self.doc})", value)
            case "choice":
                if value not in self.base:
                    wanted = "one of " + ", ".join(map(repr, self.base))
                    self._refuse(ValueError, wanted, value, did_you_mean(str(value), map(str, self.base)))
                return value
            case "part":
                return self._part(value)
            case "parts":
                if not isinstance(value, (tuple, list)):
                    self._refuse(TypeError, f"a tuple of {self.base.term}s", value)
                return tuple(map(self._part, value))
            case "table":
                return self._table(_listed(value))

    def _part(self, value: Any) -> Any:
        if isinstance(value, type) and issubclass(value, self.base):
            self._refuse(TypeError, f"a value such as {value.__name__}()", value, brackets(value))
        if not isinstance(value, self.base):
            self._refuse(TypeError, f"a component of {self.base.term or self.base.__name__}", value)
        return value

    def _table(self, value: Any) -> Any:
        if isinstance(value, (tuple, list)):
            return tuple(map(self._table, value))
        number: Any = value
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not abs(number) < math.inf:
            self._refuse(TypeError, f"finite numbers in nested tuples ({self.doc})", value)
        if abs(number) > LARGE:
            self._refuse(ValueError, f"numbers of a size up to {LARGE} in nested tuples ({self.doc})", value)
        return int(value) if isinstance(value, numbers.Integral) else float(value)

    def _refuse(self, error: type[Exception], wanted: str, value: Any, hint: str = "") -> typing.NoReturn:
        raise error(f"{self.owner}.{self.name} must be {wanted}, got {value!r}{hint}")

    def explored(self) -> list[Any]:
        """Values worth testing: both ends of a dial, every choice, a simple and a composed part."""
        match self.kind:
            case "int" | "float":
                ends = self.meta.low, self.meta.high
                return [int(end) if self.kind == "int" else float(end) for end in ends if self.meta.allows(end)]
            case "bool":
                return [False, True]
            case "choice":
                return list(self.base)
            case "table":
                return [self.meta.example]
            case "part" | "parts":
                rows = [row for row in CATALOGUE.values() if issubclass(row, self.base)]
                simple = [row() for row in rows if not any(f.kind in ("part", "parts", "table") for f in row.declared)]
                return simple if self.kind == "part" else [tuple(simple[1:3])]


class _Call:
    """What help and Shift-Tab show of a component, made when somebody asks."""

    def __get__(self, _: Any, cls: type["Component"]) -> inspect.Signature:
        """The fields with their types and defaults, as arguments of the class."""
        kinds = dict.fromkeys(cls.in_order, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        named, none, hints = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty, typing.get_type_hints(cls)
        defaults = {f.name: none if f.default is dataclasses.MISSING else f.default for f in cls.declared}
        found = [inspect.Parameter(name, kinds.get(name, named), default=value, annotation=hints[name]) for name, value in defaults.items()]
        return inspect.Signature(sorted(found, key=lambda parameter: parameter.kind))


class Component(Printed):
    """A value of hyperparameters. Subclasses annotate fields; `@component` registers the final ones.

    Equal fields make equal components; the repr is the call that builds one; `to_config` is what JSON can hold. TypeError for a word that
    is no field, a field that is given twice or lacks its value; and what each field says of its values.
    """

    term: ClassVar[str] = ""
    declared: ClassVar[tuple[Field, ...]] = ()
    in_order: ClassVar[tuple[str, ...]] = ()
    """The fields that can be given without their names."""

    __signature__ = _Call()

    # What a dataclass would write anew for every row, and Python compile at every import, stands here once.
    def __init__(self, *given: Any, **named: Any) -> None:
        who, names = type(self).__name__, [field.name for field in self.declared]
        for word in named.keys() - set(names):
            known = f"It has: {', '.join(names) or 'none'}"
            raise TypeError(f"{who} has no hyperparameter {word!r}{did_you_mean(word, names) or '.'} {known}")
        values = dict(zip(self.in_order, given)) | named
        if len(values) < len(given) + len(named):
            raise TypeError(f"{who} takes each value once, {who}{self.__signature__}, got {given!r:.200} and {named!r:.200}")
        for field in self.declared:
            object.__setattr__(self, field.name, field.checked(values.get(field.name, field.default)))
        self.check()

    def __setattr__(self, name: str, value: Any) -> typing.NoReturn:
        raise dataclasses.FrozenInstanceError(f"{self!r} stays as it is: dataclasses.replace makes another one, with another {name}")

    def __delattr__(self, name: str) -> typing.NoReturn:
        raise dataclasses.FrozenInstanceError(f"{self!r} stays as it is, with its {name}")

    def __init_subclass__(cls) -> None:
        for base in cls.__mro__[1:]:
            if base in CATALOGUE.values():
                family = base.__mro__[1].__name__
                raise TypeError(f"{cls.__name__} extends {base.__name__}, which is final: extend its family {family} instead")

    def check(self) -> None:
        """Raise ValueError for limits that span several fields."""

    @classmethod
    def qualified_name(cls) -> str:
        """The name under which the catalogue knows it, such as `expansion.Taylor`."""
        return f"{cls.term}.{cls.__name__}" if cls.term else cls.__name__

    @classmethod
    def formula_line(cls) -> str:
        """The first line of the docstring: the formula in one line."""
        return inspect.cleandoc(cls.__doc__ or "").partition("\n")[0]

    def __repr__(self) -> str:
        return self.call(_brief)

    def call(self, told: Callable[[Any], str]) -> str:
        """The call that builds an equal component, each value as `told` says it."""
        # Numbers are always shown; everything else where it differs from the default, so that a formula stays one line.
        shown = (f for f in self.declared if f.kind in ("int", "float") and not f.optional or getattr(self, f.name) != f.default)
        return f"{self.qualified_name()}({', '.join(f'{f.name}={told(getattr(self, f.name))}' for f in shown)})"

    def to_config(self) -> dict[str, Any]:
        """{"type": "expansion.Taylor", "order": 2, ...}: every field, components as configs of their own, tuples as lists."""
        return {"type": self.qualified_name(), **{f.name: _stored(getattr(self, f.name)) for f in self.declared}}

    @classmethod
    def example(cls) -> Self:
        """The default, with small examples where tables and lists of parts must be given."""
        given = [field for field in cls.declared if field.kind in ("table", "parts") and field.default in ((), dataclasses.MISSING)]
        return cls(**{field.name: field.explored()[0] for field in given})

    @classmethod
    def samples(cls) -> list[Self]:
        """The example, then every field at each of its explored values. A combination that `check` refuses is left out."""
        found = [cls.example()]
        for field in cls.declared:
            for value in field.explored():
                try:
                    found.append(dataclasses.replace(found[0], **{field.name: value}))  # type: ignore[type-var]
                except ValueError:
                    continue
        return list(dict.fromkeys(found))


def _brief(value: Any) -> str:
    """The repr; of a table too long to read, its size in brackets that are visibly no code."""
    text = repr(value)
    return text if len(text) < 4000 or isinstance(value, Component) else f"<{len(value)} entries>"


def prefixed(prefix: str, numbers: dict[str, Any]) -> dict[str, Any]:
    """Frozen numbers of a part, under names of their own."""
    return {prefix + name: value for name, value in numbers.items()}


def belonging(prefix: str, frozen: dict[str, Any] | None) -> dict[str, Any] | None:
    """The frozen numbers of a part again, None where it has none."""
    return {name.removeprefix(prefix): value for name, value in (frozen or {}).items() if name.startswith(prefix)} or None


def misspelt(term: str) -> Callable[[str], typing.NoReturn]:
    """The `__getattr__` of a term's folder: a name that is not there is answered with the near misses, in an AttributeError."""

    def __getattr__(name: str) -> typing.NoReturn:
        hint = "" if name.startswith("_") else near(name, (row for row in CATALOGUE.values() if row.term == term))
        raise AttributeError(f"no {term} is called {name!r}{hint}", name=name)

    return __getattr__


def _listed(value: Any) -> Any:
    """An array or a table of any library as nested lists."""
    for made in ("to_numpy", "__array__"):
        if hasattr(value, made) and not hasattr(value, "tolist") and not isinstance(value, type):
            value = getattr(value, made)()
    return value.tolist() if hasattr(value, "tolist") and not isinstance(value, type) else value


def _stored(value: Any) -> Any:
    if isinstance(value, Component):
        return value.to_config()
    return [_stored(item) for item in value] if isinstance(value, tuple) else value


def _revived(value: Any) -> Any:
    if isinstance(value, Mapping):
        return from_config(value)
    return tuple(_revived(item) for item in value) if isinstance(value, (list, tuple)) else value


def lookup(name: str) -> type[Component]:
    """The class of a qualified name. LookupError with the near misses; nothing is ever imported."""
    if name in CATALOGUE:
        return CATALOGUE[name]
    term, _, word = str(name).rpartition(".")
    siblings = [row for row in CATALOGUE.values() if term and row.term == term]
    if siblings:
        raise LookupError(f"no {term} is called {word!r}{near(word, siblings)}")
    raise LookupError(f"no component is called {name!r}{near(word, CATALOGUE.values(), qualified=True)}")


def from_config(config: Mapping[str, Any]) -> Any:
    """The component that `to_config` described. Names are looked up in the catalogue, never imported.

    LookupError for a name that is not there, TypeError for what is no config, and for a field what the component itself raises.
    """
    if not isinstance(config, Mapping) or "type" not in config:
        raise TypeError(f"a config must be a mapping with a 'type' such as 'expansion.Taylor', got {config!r}")
    try:
        row = lookup(config["type"])
    except LookupError as unknown:
        raise LookupError(f"{unknown} A component of your own is known once its class has run.") from None
    return row(**{name: _revived(value) for name, value in config.items() if name != "type"})


def _declare(cls: type[Component]) -> tuple[Field, ...]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple(_declared(cls.__name__, f.name, hints[f.name], f.default) for f in dataclasses.fields(cls))  # type: ignore[arg-type]


def _declared(owner: str, name: str, hint: Any, default: Any) -> Field:
    kind: Kind
    base, meta = typing.get_args(hint)[:2] if typing.get_origin(hint) is Annotated else (hint, None)
    optional = isinstance(base, types.UnionType)
    if optional:
        base = typing.get_args(base)[0]
    if base is bool:
        kind = "bool"
    elif base in (int, float) and isinstance(meta, Dial):
        kind = "int" if base is int else "float"
        if base is float and meta.least == "low":
            raise TypeError(f"{owner}.{name}: the Dial of a float must say its least allowed value (None for no limit)")
    elif typing.get_origin(base) is Literal:
        kind, base = "choice", typing.get_args(base)
    elif isinstance(meta, Table):
        kind = "table"
    elif typing.get_origin(base) is tuple:
        kind, base = "parts", typing.get_args(base)[0]
    elif isinstance(base, type) and issubclass(base, Component):
        kind = "part"
    else:
        raise TypeError(f"{owner}.{name}: declare a number with a Dial, a bool, a Literal, a Table or a component, got {hint}")
    return Field(owner, name, kind, default, meta, base, optional)


C = TypeVar("C", bound=type)


@dataclass_transform(frozen_default=True)
def family(cls: C) -> C:
    """An abstract class whose fields its rows share."""
    cls = dataclasses.dataclass(init=False, repr=False, unsafe_hash=True)(cls)
    cls.declared = _declare(cls)
    cls.in_order = tuple(field.name for field in dataclasses.fields(cls) if not field.kw_only)
    return cls


@dataclass_transform(frozen_default=True)
def component(cls: C) -> C:
    """Make a final, registered component of an annotated class.

    TypeError where a method of the protocol is missing, where a field says too little to be checked, and for a name that is taken. The same
    class may come again, since a notebook runs its cells more than once.
    """
    cls = family(cls)
    name = cls.qualified_name()
    if inspect.isabstract(cls):
        raise TypeError(f"{name} cannot be registered: it lacks {', '.join(sorted(cls.__abstractmethods__))}")
    other = CATALOGUE.get(name)
    if other is not None and (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
        raise TypeError(f"{name} is already registered by {other.__module__}; choose another name")
    CATALOGUE[name] = cls
    return cls
