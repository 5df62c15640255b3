"""Named memory adapters on one base: attach, switch per call, detach.

peft loads an adapter whose keys match nothing with only a warning, so names and shapes are
checked against the base before it sees the file.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors import SafetensorError, safe_open

from sealmate.errors import VersionError
from sealmate.model.base import Base
from sealmate.model.identity import hash_file

WRITER, READER = "writer", "reader"


class AdapterRack:
    """The adapters of one loaded base. The writer, where it is not folded in, is always active;
    the reader, which is no memory either, only where it is asked for."""

    def __init__(self, base: Base, reader: Path | None = None) -> None:
        self._base = base
        self._peft: Any = None
        self._names: list[str] = []
        self._groups: dict[str, tuple[str, ...]] = {}
        self._active: tuple[str | None, bool] = (None, False)
        self.reader: str | None = None
        self.reader_sha256 = ""
        if base.writer is not None and not base.unpacked:
            self._load(WRITER, base.writer)
        if reader is not None:
            self._load(READER, reader)
            self.reader = READER
            self.reader_sha256 = hash_file(reader / "adapter_model.safetensors")
        self._activate(self._active)

    @property
    def names(self) -> tuple[str, ...]:
        """Attached memory adapters, oldest first."""
        return tuple(self._names)

    def group(self, name: str, parts: Sequence[str]) -> None:
        """Let `name` stand for several attached adapters that are asked one after the other."""
        self._groups[name] = tuple(parts)

    def parts(self, name: str) -> tuple[str, ...]:
        """The adapters that `name` stands for: itself, unless it was grouped."""
        return self._groups.get(name, (name,))

    @property
    def _standing(self) -> list[str]:
        return [WRITER] if self._base.writer is not None and not self._base.unpacked else []

    def attach(self, name: str, folder: Path) -> None:
        """Load `folder` under `name`, replacing an adapter of that name.

        Raises VersionError if the files are corrupt or made for another base, and ValueError for
        a name that is not a memory's.
        """
        _refuse_reserved(name)
        self._load(name, folder)
        self._names.append(name)
        self._activate(self._active)

    def _load(self, name: str, folder: Path) -> None:
        check_fits(folder, self._base.model)
        self.detach(name)
        # left to itself peft would read it onto a GPU wherever there is one
        device = str(self._base.device)
        try:
            with _without_deprecations():
                if self._peft is None:
                    self._peft = PeftModel.from_pretrained(
                        self._base.model, folder, adapter_name=name, is_trainable=False,
                        torch_device=device,
                    )  # fmt: skip
                else:
                    self._peft.load_adapter(
                        folder, adapter_name=name, is_trainable=False, torch_device=device
                    )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise VersionError(
                f"cannot load the adapter in {folder}: {str(error).splitlines()[0]}",
                "`sealmate versions verify` checks all of them",
            ) from error
        self._leave_types()

    def create(self, name: str, config: LoraConfig) -> Any:
        """A new trainable adapter; returns the peft model, for training. Raises ValueError for a
        name that is not a memory's."""
        _refuse_reserved(name)
        self.detach(name)
        with _without_deprecations():
            if self._peft is None:
                self._peft = get_peft_model(self._base.model, config, adapter_name=name)
            else:
                self._peft.add_adapter(name, config)
        self._names.append(name)
        self._leave_types()
        self._activate(self._active)
        return self._peft

    def _leave_types(self) -> None:
        """Keep peft from turning each layer's input into fp32, which autocast turns back."""
        for module in self._peft.modules():
            if isinstance(module, BaseTunerLayer):
                module.cast_input_dtype_enabled = False

    def detach(self, name: str) -> None:
        """Free a named adapter and take its group apart; unknown names are ignored."""
        self._groups.pop(name, None)
        if name not in self._names:
            return
        self._names.remove(name)
        if len(self._peft.peft_config) > 1:
            # Deleting the active one makes peft choose another, with a warning for each layer.
            other = next(key for key in self._peft.peft_config if key != name)
            self._peft.base_model.set_adapter([other], inference_mode=True)
            self._peft.delete_adapter(name)
            self._activate(self._active)
        else:
            self._peft.unload()
            self._peft = None

    @property
    def peft(self) -> Any:
        """The peft model around the base, None while nothing is attached."""
        return self._peft

    @contextmanager
    def use(self, name: str | None, *, training: bool = False) -> Iterator[None]:
        """Make `name` (None: no memory) active within the block, then what was active before."""
        if name is not None and name not in self._names and name != self.reader:
            raise VersionError(f"no adapter named {name} is attached", "attach it first")
        before = self._active
        try:
            self._activate((name, training))
            yield
        finally:
            self._activate(before)

    def _activate(self, state: tuple[str | None, bool]) -> None:
        self._active = state
        name, training = state
        if self._peft is None:
            return
        tuner = self._peft.base_model
        there = name in self._names or (name is not None and name == self.reader)
        active = [*self._standing, *([name] if there else [])]
        if active:
            tuner.enable_adapter_layers()
            tuner.set_adapter(active, inference_mode=not training)
            if training and self._standing:
                self._freeze(self._standing)
        else:
            tuner.disable_adapter_layers()

    def _freeze(self, names: Sequence[str]) -> None:
        """What stands under an adapter that learns does not learn with it."""
        for key, parameter in self._peft.named_parameters():
            if any(f".{name}." in key for name in names):
                parameter.requires_grad_(False)


def _refuse_reserved(name: str) -> None:
    if name in (WRITER, READER):
        raise ValueError(f"{name} is no name for a memory")


@contextmanager
def _without_deprecations() -> Iterator[None]:
    """peft 0.21 asks transformers 5 by a name that is going away, and is told so each time."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        yield


def check_fits(folder: Path, model: Any) -> None:
    """Raise VersionError unless every tensor of the adapter has its place in `model`."""
    file = folder / "adapter_model.safetensors"
    try:
        config = json.loads((folder / "adapter_config.json").read_text())
        with safe_open(str(file), framework="pt") as opened:
            shapes = {key: tuple(opened.get_slice(key).get_shape()) for key in opened.keys()}  # noqa: SIM118
    except (OSError, ValueError, SafetensorError) as error:
        raise VersionError(
            f"the adapter in {folder} is unreadable: {error}", "restore it or roll back"
        ) from None
    modules = {name.replace(".base_layer", ""): module for name, module in model.named_modules()}
    if not shapes or config.get("peft_type") != "LORA":
        raise VersionError(f"{folder} holds no LoRA adapter", "roll back to another version")
    for key, shape in shapes.items():
        stem, _, side = key.removeprefix("base_model.model.").partition(".lora_")
        module = modules.get(stem)
        want = getattr(module, "in_features" if side.startswith("A") else "out_features", None)
        got = shape[1] if side.startswith("A") else shape[0]
        if want is None or want != got:
            raise VersionError(
                f"the adapter in {folder} was made for another base model ({key})",
                "switch the model back, or export and retrain it",
            )
