"""Parse YAML that people paste: limited in size and features. Errors contain line and column."""

import math
from typing import Any

import yaml

from hubs.language import _, lazy

LARGEST = 256 * 1024  # characters; the largest known values.yaml has 30,000
DEEPEST = 40  # levels, of YAML and of the API's JSON; less than what all libraries that read them support
MOST = 20_000  # nodes
NOT_YAML = lazy("This is not valid YAML.")
# What PyYAML finds, by how it begins, in words for people.
PROBLEMS = (
    ("expected ',' or ']'", lazy("A square bracket is not closed.")),
    ("expected ',' or '}'", lazy("A curly bracket is not closed.")),
    ("mapping values are not allowed", lazy("A colon is not allowed here. Check the indentation, or quote the text.")),
    ("could not find expected ':'", lazy("A colon is missing, or the indentation is wrong.")),
    ("expected <block end>", lazy("The indentation does not match the lines above.")),
    ("found character '\\t'", lazy("Use spaces instead of tabs.")),
    ("found character", lazy("Text that begins with this character must be in quotes.")),
    ("found unexpected end of stream", lazy("A quotation mark is missing.")),
    ("found undefined alias", lazy("This refers to an anchor (&) that does not exist.")),
)
MERGE = "tag:yaml.org,2002:merge"


class YamlError(ValueError):
    """Invalid YAML: a sentence for people, with line and column if known (from 1)."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        if line:
            message = _("Line {line}, column {column}: {message}", line=line, column=column, message=message)
        super().__init__(message)
        self.line, self.column = line, column


class Anchors(YamlError):
    """The text uses anchors, which are not allowed."""


class TooLarge(YamlError):
    """The text has more than MOST nodes, or more than DEEPEST levels."""


def _at(mark: Any, message: str, kind: type[YamlError] = YamlError) -> YamlError:
    return kind(message, mark.line + 1, mark.column + 1)


class _Loader(yaml.SafeLoader):
    """No anchors, merges, duplicate keys, tags or dates: only what JSON supports."""

    nodes = depth = characters = 0
    anchored = False

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        anchor = getattr(event, "anchor", None)
        if anchor and not self.anchored:
            raise _at(event.start_mark, _("Anchors (& and *) can’t be used here. Write the values out."), Anchors)
        if anchor and not isinstance(event, yaml.AliasEvent):
            self.anchors.pop(anchor, None)  # from here on, a later anchor of the same name is used, as in YAML 1.2
        if getattr(event, "tag", None):
            raise _at(event.start_mark, _("Tags (!) can’t be used here. Remove them."))
        self.nodes, self.depth = self.nodes + 1, self.depth + 1
        if self.nodes > MOST or self.depth > DEEPEST:
            raise _at(event.start_mark, _("This is too large or too deeply nested."), TooLarge)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: dict[Any, Any] = {}
        for key_node, _value in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == MERGE:
                raise _at(key_node.start_mark, _("Keys must be plain text."))
            if (name := key_node.value) in seen:
                said = _("“{name}” is set twice. Remove one of them.", name=name[:60])
                raise _at(key_node.start_mark, said)
            seen[name] = True
        found = super().construct_mapping(node, deep)
        return {str(key_node.value): found[key] for (key_node, _value), key in zip(node.value, found, strict=True)}


def _no_dates(loader: Any, node: Any) -> str:
    return str(node.value)


def _number(loader: Any, node: Any) -> float:
    value = yaml.SafeLoader.construct_yaml_float(loader, node)
    if not math.isfinite(value):
        raise _at(node.start_mark, _("Enter a number."))
    return float(value)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _no_dates)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)
for _tag in ("binary", "set", "omap", "pairs"):
    _Loader.yaml_constructors = {k: v for k, v in _Loader.yaml_constructors.items() if not str(k).endswith(f":{_tag}")}


class _Anchored(_Loader):
    """The same with anchors, aliases and merge keys, as in files in git. Aliases are expanded first, so that the limits
    apply to the result, and no two paths share one object."""

    anchored = True

    def get_single_node(self) -> Any:
        node = super().get_single_node()
        self.nodes = self.characters = 0
        return node and self._written_out(node, 0)

    def _written_out(self, node: Any, depth: int) -> Any:
        self.nodes += 1
        self.characters += len(node.value) if isinstance(node, yaml.ScalarNode) else 0
        if self.nodes > MOST or self.characters > LARGEST or depth > DEEPEST:
            said = _("With its anchors written out, this is too large or too deeply nested.")
            raise _at(node.start_mark, said, TooLarge)
        if isinstance(node, yaml.ScalarNode):
            return node
        if isinstance(node, yaml.SequenceNode):
            value: Any = [self._written_out(one, depth + 1) for one in node.value]
        else:
            value = self._merged(node, [(key, self._written_out(one, depth + 1)) for key, one in node.value])
        return type(node)(node.tag, value, node.start_mark, node.end_mark, node.flow_style)

    def _merged(self, node: Any, pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """Return the pairs with `<<` expanded: the map's own keys take precedence, then the first merged map."""
        if odd := next((key for key, _value in pairs if not isinstance(key, yaml.ScalarNode)), None):
            raise _at(odd.start_mark, _("Keys must be plain text."))
        merges = [(key, value) for key, value in pairs if key.tag == MERGE]
        if len(merges) > 1:
            said = _("“<<” is used twice. Use one “<<: [*first, *second]” instead.")
            raise _at(merges[1][0].start_mark, said)
        found = [(key, value) for key, value in pairs if key.tag != MERGE]
        known = {key.value for key, _value in found}
        for key, value in merges:
            for one in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(one, yaml.MappingNode):
                    raise _at(key.start_mark, _("“<<” needs the alias of a map, such as “<<: *defaults”."))
                found += [(name, below) for name, below in one.value if name.value not in known]
                known |= {name.value for name, _below in one.value}
        return found


class _Dumper(yaml.SafeDumper):
    """Dump without aliases, because the loader refuses anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def too_deep(value: Any) -> bool:
    """Whether this JSON-like value is nested more than DEEPEST levels. Checked by level, without recursion."""
    level = [value]
    for _level in range(DEEPEST + 1):
        level = [one for one in level if isinstance(one, (dict, list))]
        if not level:
            return False
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return True


def load(text: str, *, anchors: bool = False) -> Any:
    """Return the content as JSON-like data; `anchors` allows &, * and <<. Raise YamlError if the text is invalid."""
    if len(text) > LARGEST:
        raise YamlError(_("This is too long. The maximum is {size}.", size=f"{LARGEST // 1024} KiB"))
    try:
        return yaml.load(text, Loader=_Anchored if anchors else _Loader)  # noqa: S506 - a safe loader, made stricter
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or ""
        said = str(next((words for begins, words in PROBLEMS if problem.startswith(begins)), NOT_YAML))
        if mark is None:
            raise YamlError(said) from None
        raise YamlError(said, mark.line + 1, mark.column + 1) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, YamlError):
            raise
        raise YamlError(_("This is not valid YAML: it has characters or numbers that can’t be used.")) from None


def load_map(text: str, *, anchors: bool = False) -> dict[str, Any]:
    """Return the same for a text that must be a map; an empty text is an empty map. Raise YamlError if it is none."""
    found = load(text, anchors=anchors)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise YamlError(_("Enter names with values, such as “singleuser:”."), 1, 1)
    return found


def dump(value: Any) -> str:
    """Return the data as readable YAML; "" for empty data."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100) if value else ""


def place_of(text: str, path: tuple[str, ...]) -> tuple[int, int]:
    """Return (line, column), from 1, of the value at this path, or of the last part of the path that exists."""
    node = yaml.compose(text, Loader=_Loader)
    mark = node.start_mark if node else None
    for name in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == name), None)
            if pair is None:
                break
            mark, node = pair[0].start_mark, pair[1]
        elif isinstance(node, yaml.SequenceNode) and name.isdigit() and int(name) < len(node.value):
            node = node.value[int(name)]
            mark = node.start_mark
        else:
            break
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
