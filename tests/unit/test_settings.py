"""The configuration: it loads, the environment wins, and what is wrong is said so that a person can mend it."""

from pathlib import Path

import pytest
from node.bootstrap.parts import parameters_of
from node.service.study.parameters import Parameters
from node.settings import Settings, SettingsError, load

EXAMPLE = Path(__file__).parents[2] / "deploy" / "calcinode.toml"


def write(folder: Path, text: str) -> Path:
    path = folder / "calcinode.toml"
    path.write_text(text)
    return path


def test_the_example_loads_and_says_the_defaults() -> None:
    settings = load(EXAMPLE)
    assert settings.peers["pacs"].roles == ("sender", "destination")
    assert settings.routes == (), "an example that is left in place must not keep results from their destination"
    for section in ("node", "storage", "timing", "analysis", "results", "sctc_style_score", "delivery", "page", "log"):
        assert getattr(settings, section) == getattr(Settings(), section), section


def test_the_defaults_are_those_of_the_analysis() -> None:
    assert parameters_of(Settings()) == Parameters()


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, '[node]\nport = 104\nae_title = "HANDS"\n')
    monkeypatch.setenv("CALCINODE_NODE__PORT", "11113")
    settings = load(path)
    assert (settings.node.port, settings.node.ae_title) == (11113, "HANDS")


@pytest.mark.parametrize(
    ("variable", "expected"),
    [("CALCINODE_NODE__PROT", "unknown key 'node.prot'; did you mean 'port'?"), ("CALCINODE_NODE__PORT", "integer")],
)
def test_a_mistake_in_the_environment_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, expected: str
) -> None:
    monkeypatch.setenv(variable, "x")
    with pytest.raises(SettingsError) as error:
        load(write(tmp_path, "[node]\nport = 104\n"))
    assert f"environment variable {variable}: " in str(error.value)
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[node]\nhost = '::'\nprot = 104\n", ["line 3", "unknown key 'node.prot'", "did you mean 'port'?"]),
        ("[nod]\nport = 104\n", ["line 1", "unknown key 'nod'", "did you mean 'node'?"]),
        ("[node]\nport = 70000\n", ["line 2", "node.port = 70000", "65535"]),
        ("[node]\nport = 'x'\n", ["line 2", "node.port = 'x'", "integer"]),
        ("[node]\nae_title = 'SEVENTEEN_LETTERS'\n", ["line 2", "node.ae_title", "16"]),
        ("[peers.pacs]\nae_titel = 'A'\n", ["line 2", "did you mean 'ae_title'?", "peers.pacs.ae_title' is missing"]),
        ("[peers.pacs]\nae_title = 'A'\nroles = ['destination']\n", ["line 1", "a destination needs host and port"]),
        ("[[routes]]\ndestinations = ['pacs']\n", ["'pacs' is not a destination"]),
        (
            "[delivery]\nenabled = false\n[peers.pacs]\nae_title='A'\nhost='h'\nport=1\nroles=['destination']\n",
            ["delivery.enabled is false, but pacs is named as a destination"],
        ),
        ("[node]\nae_title = 'KNÖCHEL'\n", ["line 2", "node.ae_title = 'KNÖCHEL'", "1 to 16 ASCII characters"]),
        (
            "[peers.pacs]\nae_title='A'\nhost='h'\nport=1\nroles=['destination']\n[[routes]]\ndestinations=[]\n",
            ["line 6", "a route needs destinations; where results shall stay here on purpose: keep = true."],
        ),
        (
            "[[routes]]\nkeep = true\n\n[[routes]]\n\n[[routes]]\nkeep = true\n",
            ["line 4", "a route needs destinations"],
        ),
        ("[[routes]]\nkepp = true\n", ["line 2", "unknown key 'routes.0.kepp'; did you mean 'keep'?"]),
        ("[[routes]]\nkeep = true\ndestinations = ['pacs']\n", ["line 1", "has destinations, or it keeps", "not both"]),
        ("[delivery]\nfirst_retry_s = 4000\n", ["first_retry_s <= longest_retry_s is expected."]),
        ("[timing]\nquiet_s = 1000\n", ["proof_quiet_s <= quiet_s <= deadline_s"]),
        ("[peers.ct]\nae_title = 'A'\naddresses = ['10.0.0.300']\n", ["line 3", "'10.0.0.300' does not appear"]),
        ("[sctc_style_score]\ndensity_limits_mg_mm2 = [1, 1, 3]\n", ["line 2", "three ascending numbers above 0"]),
        ("[sctc_style_score]\nwrist = -1\n", ["line 2", "greater than or equal to 0"]),
        ("[node\n", ["not valid TOML", "line 1"]),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    with pytest.raises(SettingsError) as error:
        load(write(tmp_path, text))
    for words in expected:
        assert words in str(error.value)


def test_a_mistake_ends_with_one_full_stop(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        load(write(tmp_path, "[[routes]]\ndestinations = ['pacs']\n"))
    assert str(error.value).endswith("'pacs' is not a destination; known: none.")


def test_a_route_may_lead_nowhere_on_purpose(tmp_path: Path) -> None:
    (route,) = load(write(tmp_path, "[[routes]]\nkeep = true\nstudy_description = '*phantom*'\n")).routes
    assert (route.destinations, route.conditions) == ((), {"study_description": "*phantom*"})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load(tmp_path / "absent.toml")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().node.port = 1  # type: ignore[misc]
