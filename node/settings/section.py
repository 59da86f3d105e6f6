"""What every section of the settings is made of."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


class Section(BaseModel):
    """A table of the configuration: it cannot be changed, and an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _ae_title(text: str) -> str:
    """PS3.5 6.2, VR AE: at most 16 characters of the default repertoire, no backslash."""
    if not re.fullmatch(r"[ -\[\]-~]{1,16}", text):
        raise ValueError("1 to 16 ASCII characters without a backslash are expected")
    return text


AeTitle = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_ae_title)]
Port = Annotated[int, Field(ge=1, le=65535)]
FreePort = Annotated[int, Field(ge=0, le=65535)]
"""0 takes any free port (tests)."""
