"""What the README tells people to type and to configure is what the program takes."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from node.cli.app import app
from node.settings import Settings, load
from tests.peers import AUTO_ROUTE_CT
from typer.main import get_command

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found
    return found[1]


def test_the_configuration_of_the_node_is_one(tmp_path: Path) -> None:
    config = tmp_path / "calcinode.toml"
    config.write_text(block("toml"))
    settings = load(config)
    assert settings.peers["orthanc"].roles == ("sender", "destination")


def test_both_sides_name_the_same_titles_and_ports() -> None:
    node = tomllib.loads(block("toml"))
    orthanc = json.loads(block("json"))
    assert orthanc["DicomModalities"]["calcinode"] == [node["node"]["ae_title"], "127.0.0.1", node["node"]["port"]]
    assert (orthanc["DicomAet"], orthanc["DicomPort"]) == (
        node["peers"]["orthanc"]["ae_title"],
        node["peers"]["orthanc"]["port"],
    )


def test_the_script_is_the_one_that_the_tests_run() -> None:
    assert re.sub(r"\s+", "", block("lua")) == re.sub(r"\s+", "", AUTO_ROUTE_CT.replace("NODE", "calcinode"))


def test_every_command_that_it_names_exists_and_the_other_way_round() -> None:
    typed = set(re.findall(r"(?:bin/|`)calcinode ([a-z][a-z-]+)", README))
    assert typed <= COMMANDS.keys()
    table = README.partition("### Commands")[2].partition("###")[0]
    assert set(re.findall(r"[|·] `([a-z-]+)", table)) == COMMANDS.keys()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_shows_an_example(name: str) -> None:
    assert f"calcinode {name}" in (COMMANDS[name].help or "").partition("Example")[2]


def test_every_settings_key_that_it_names_exists() -> None:
    table = README.partition("### Settings")[2].partition("### Troubleshooting")[0]
    rows = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
    assert len(rows) > 10
    for row in rows:
        names = re.findall(r"`(.+?)`", row)
        section, _, first = names[0].partition(".")
        if section in ("peers", "routes"):
            continue
        fields = type(getattr(Settings(), section)).model_fields
        assert {first, *names[1:]} <= fields.keys(), row
