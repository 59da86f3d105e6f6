"""The application: its pages, its interface, and what holds for all of them."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from node import __version__
from node.domain.wording import DISCLAIMER_SENTENCE
from node.web.failures import add_failures
from node.web.files import Files
from node.web.guard import ReadOnly
from node.web.interface import Interface
from node.web.observation import Observation
from node.web.pages import Pages
from node.web.rendering import STATIC
from node.web.sources import Sources


def make_app(sources: Sources) -> ASGIApp:
    """The page over ``sources``. /docs and /redoc are off: they load scripts from elsewhere; /openapi.json is there."""
    app = FastAPI(
        title="Calcinode",
        version=__version__,
        description=DISCLAIMER_SENTENCE,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for part in (Pages(sources), Files(sources), Interface(sources), Observation(sources)):
        app.include_router(part.router())
    app.mount("/static", StaticFiles(directory=STATIC))
    add_failures(app)
    return ReadOnly(app)
