"""Settings: defaults < config.toml < SEALMATE_* environment < flags."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadError

from sealmate.errors import SettingsError, UsageError
from sealmate.keymap import KEYS as KEYS
from sealmate.keymap import KeysError, check_keys
from sealmate.paths import Paths, locate
from sealmate.records import LossOn
from sealmate.refusals import PREFIX, nearest, place, refused, unread
from sealmate.times import parse_budget as parse_budget
from sealmate.times import parse_time

T = TypeVar("T")
SMALL_MODEL = "smollm2-135m"
# What a config.toml may still have from an earlier release; nothing reads it any more.
_RETIRED = ("abstention_target",)


def _no_empty_folder(folder: Any) -> Any:
    """An empty name would be the folder that one happens to be in."""
    if folder == "":
        raise ValueError("it is empty; name a folder")
    return folder


def _read(parse: Callable[[str], T], text: str) -> T:
    """What a text means; ValueError, which is what a field may raise, where it means nothing."""
    try:
        return parse(text)
    except UsageError as error:
        raise ValueError(f"{error.message}; {error.hint}") from None


class Settings(BaseSettings):
    """Everything a person can set. Each field's description is its help text."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        validate_default=True,
        allow_inf_nan=False,
    )

    home: Path | None = Field(None, description="folder that holds everything but the model cache")
    models: Path | None = Field(None, description="folder of fetched models")
    profile: str = Field("default", description="whose database and adapters to use")
    model: str = Field(SMALL_MODEL, description="name, hub id, folder or GGUF file of the base")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where the model runs")
    threads: int = Field(0, ge=0, description="CPU threads (0 = all cores of this process)")
    seed: int = Field(7, ge=0, le=2**32 - 1, description="seed of sampling and training")

    review: bool = Field(False, description="wait for a person's accept before training an edit")
    qa_samples: int = Field(6, ge=1, le=64, description="sampled question lists a passage")
    temperature: float = Field(0.8, gt=0, le=2, description="sampling temperature when writing")
    passage_tokens: int = Field(220, ge=32, le=4096, description="longest passage, in tokens")
    held_out: int = Field(2, ge=0, le=20, description="held-out probes a passage")

    rank: int = Field(32, ge=1, le=512, description="rank of the memory adapter")
    upper_layers: float = Field(
        0.5, gt=0, le=1, description="share of layers, from the top, that carry the memory adapter"
    )
    learning_rate: float = Field(1.5e-3, gt=0, description="peak learning rate")
    passes: float = Field(3.0, gt=0, description="passes over tonight's examples")
    least_steps: int = Field(
        120, ge=0, description="training steps of a small night, by up to three times the passes"
    )
    pack_tokens: int = Field(768, ge=64, description="tokens in one training pack")
    enough: float = Field(
        0.0,
        ge=0,
        description="loss on the night's probes, in nats per token, at which training ends early "
        "(0 = never)",
    )
    token_budget: int = Field(
        0,
        ge=0,
        description="most tokens of self-edits that a night takes up, each counted once "
        "(0 = enough for the new notes and as much replay)",
    )
    loss_on: LossOn = Field(
        "answer", description="learn the answer alone, or the question before it as well"
    )
    renderings: int = Field(
        4, ge=0, description="most questions trained per answer of a passage (0 = all)"
    )
    recall: Literal["recite", "direct"] = Field(
        "recite",
        description="how the weights answer: recite what was told and read the answer from it, "
        "or answer directly",
    )
    whole_recitals: int = Field(
        6, ge=1, description="questions a unit of a note that are answered with all of it"
    )
    cues: int = Field(21, ge=0, description="words and pairs of words that call a unit to mind")
    train_statements: bool = Field(
        False, description="train statements and passages to be completed from their first words"
    )
    teacher: bool = Field(
        False,
        description="answering directly, learn new answers from the model with the passage in its "
        "prompt (KL on its likeliest tokens) rather than from their bare tokens",
    )
    shard_passages: int = Field(
        24,
        ge=0,
        description="passages learnt together in one adapter, a shard of the memory "
        "(0 = all in one)",
    )
    warm_nights: int = Field(
        6, ge=0, description="nights a shard goes on from its own weights before it is built again"
    )
    rebuilds: int = Field(
        1,
        ge=0,
        description="shards but the newest that a night builds again at most; the others wait for "
        "the next (0 = all)",
    )
    rebuild_days: int = Field(
        7, ge=0, description="days after which a shard that fails is built again (0 = never)"
    )
    replay_share: float = Field(
        1.0,
        ge=0,
        description="replayed tokens of self-edits per new one, at most; a night of less than "
        "4,000 in all replays as much as it has room for",
    )
    unknown_share: float = Field(0.25, ge=0, description='"I don\'t know" examples per question')
    chat_share: float = Field(
        0.15, ge=0, description="general chat per question, answering directly"
    )
    chat_weight: float = Field(
        1.0,
        ge=0,
        description="weight of KL on general chat beside the loss on what is learnt, answering "
        "directly",
    )

    gate_probes: int = Field(60, ge=0, description="older probes asked each night, at most")
    gate_chat: int = Field(24, ge=0, description="held-out general answers the gate reads")
    gate_new_recall: float = Field(0.3, ge=0, le=1, description="least recall of new probes")
    gate_old_drop: float = Field(0.1, ge=0, le=1, description="most recall old probes may lose")
    gate_general: float = Field(
        1.15, ge=1, description="most that loss on general chat may grow, as a ratio"
    )
    gate_kl: float = Field(
        0.3, ge=0, description="most that general chat may move, in nats per token"
    )
    gate_abstention: float = Field(0.6, ge=0, le=1, description="least abstention on strangers")

    least_confidence: float = Field(
        0.6,
        ge=0,
        le=1,
        description="least probability of an answer from the weights by reciting; a night's own "
        "threshold may be higher",
    )
    caution: float = Field(
        3.0,
        ge=0,
        description="how many right answers given are worth one question without an answer "
        "declined, when a night sets its threshold for answers from the weights",
    )
    retrieve: int = Field(4, ge=0, le=50, description="passages put into a prompt")
    answer_tokens: int = Field(160, ge=8, le=4096, description="longest answer, in tokens")
    budget: str = Field("6h", description="longest night, like 90m or 2h")
    night_at: str = Field("02:30", description="nightly time")
    keys: dict[str, str] = Field(
        default_factory=dict, description="keys of the terminal UI by name, like quit"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags first, then the environment, then config.toml; no .env, no secrets folder."""
        file = TomlConfigSettingsSource(settings_cls)
        if "home" in file.toml_data:
            raise SettingsError(
                f"home cannot be set in {file.toml_file_path}, which lies in the home itself",
                "take it out there, and name the folder with SEALMATE_HOME or --home",
            )
        return (init_settings, env_settings, file)

    @model_validator(mode="before")
    @classmethod
    def _without_retired(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {key: value for key, value in given.items() if key not in _RETIRED}

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Python takes true for 1."""
        field = cls.model_fields[str(info.field_name)]
        if isinstance(value, bool) and field.annotation in (int, float):
            raise ValueError(f"it is a number, not {str(value).lower()}")
        return value

    _named = field_validator("home", "models", mode="before")(_no_empty_folder)

    @field_validator("profile")
    @classmethod
    def _a_folders_name(cls, profile: str) -> str:
        try:
            locate(profile)
        except SettingsError as error:
            raise ValueError(f"{profile!r} is no name for one; {error.hint}") from None
        return profile

    @field_validator("model")
    @classmethod
    def _not_empty(cls, model: str) -> str:
        if not model.strip():
            raise ValueError("it is empty; name one of sealmate model list")
        return model

    @field_validator("night_at")
    @classmethod
    def _a_time_of_day(cls, night_at: str) -> str:
        return f"{_read(parse_time, night_at):%H:%M}"

    @field_validator("budget")
    @classmethod
    def _a_length_of_time(cls, budget: str) -> str:
        _read(parse_budget, budget)
        return budget

    @field_validator("keys")
    @classmethod
    def _named_keys(cls, keys: dict[str, str]) -> dict[str, str]:
        return check_keys(keys)

    @property
    def paths(self) -> Paths:
        """The paths these settings choose."""
        return locate(self.profile, self.home, self.models)


class _HomeOnly(BaseSettings):
    """What must be known before config.toml can be found."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    home: Path | None = None
    _named = field_validator("home", mode="before")(_no_empty_folder)


def load_settings(**flags: Any) -> Settings:
    """Settings from all sources; flags that are None count as not given.

    Raises SettingsError naming the field and where it came from.
    """
    given = {key: value for key, value in flags.items() if value is not None}
    file = Path("config.toml")
    try:
        file = locate("default", given.get("home") or _HomeOnly().home).config_file

        class Located(Settings):
            model_config = SettingsConfigDict(toml_file=file)

        return Located(**given)
    except ValidationError as error:
        raise refused(error, Settings.model_fields, given, file) from None
    except KeysError as error:
        where = place("keys", given, file)
        raise SettingsError(error.message, f"{error.hint}; mend it in {where}") from None
    except UnreadError as error:
        raise unread(error) from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read {file}: {error}", "mend or remove that file") from None


def known_variables(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The names in the environment that outrank what config.toml says."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields if name != "home"}
    return [name for name in sorted(environment) if name.upper() in known]


def unknown_variables(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The names in the environment that look like a setting and are none, each with the one that
    was probably meant ("" where none is near)."""
    known = [name.upper() for name in (*Settings.model_fields, *_RETIRED)]
    rests = {name: name.upper().removeprefix(PREFIX) for name in sorted(environment)}
    strange = {n: rest for n, rest in rests.items() if n.upper() != rest and rest not in known}
    meant = {name: nearest(rest, known) for name, rest in strange.items()}
    return {name: near and f"{PREFIX}{near}" for name, near in meant.items()}
