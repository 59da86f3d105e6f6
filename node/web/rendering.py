"""Templates to pages. Every value is escaped; a name that a template misspells is an error."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from node import __version__
from node.domain.times import when
from node.domain.wording import DISCLAIMER_SENTENCE

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"


def decimal(value: float | None, places: int = 1) -> str:
    """A measure, or a dash where there is none."""
    return "–" if value is None else f"{value:.{places}f}"


_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"when": when, "decimal": decimal}
_TEMPLATES.globals |= {"disclaimer": DISCLAIMER_SENTENCE, "version": __version__}


def page(request: Request, template: str, status_code: int = 200, **values: object) -> HTMLResponse:
    """``template`` filled in. ``root`` leads from this address to the front page, whatever path a proxy puts before."""
    text = _TEMPLATES.get_template(template).render(root=root_of(request), **values)
    return HTMLResponse(text, status_code)


def root_of(request: Request) -> str:
    """The way back to ``/`` relative to the request's address: ``./`` or ``../`` as often as needed."""
    path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return "../" * (path.partition(b"?")[0].count(b"/") - 1) or "./"
