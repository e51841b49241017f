"""Candidates: immutable proposals, decoded once. What is judged is this record and nothing else."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ipo.preference.latents import Latent
from ipo.preference.schema import CandidateRecord

PICTURE, CONTENT = "picture", "content"  # of a picture of a folder, in settings: its path there, its sha256


@dataclass(frozen=True)
class Proposal:
    """How a latent came about."""

    proposer: str
    parameters: Mapping[str, Any]
    value: float | None = None  # predicted when it was proposed; None before the first fit
    sd: float | None = None
    value_model: str | None = None


@dataclass(frozen=True)
class Candidate:
    """A proposal with its decoded image. Raises `ValueError` for a latent with NaN or Inf."""

    session: str
    prompt: str
    z: Latent = field(repr=False)
    anchor: str  # id of the anchor: the prompt's hash, or of a vector saved with the session
    seed: int  # drawn from the session's generator; everything random about this candidate follows from it
    decoder: Mapping[str, Any]
    settings: Mapping[str, Any]
    proposal: Proposal
    created_at: str  # ISO 8601, UTC
    png: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not np.isfinite(self.z).all():
            raise ValueError("The latent has NaN or Inf; it was not shown.")

    @cached_property
    def id(self) -> str:
        """Content hash: the same latent, or picture, of the same session is the same candidate."""
        return candidate_id(self.session, self.z, self.content)

    @property
    def content(self) -> str:
        """The sha256 of the file that a picture of a folder is; empty for what was decoded."""
        return content_of(self.settings)

    def record(self) -> CandidateRecord:
        """Everything but the latent and the image, for `row.json`."""
        return CandidateRecord(
            id=self.id,
            session=self.session,
            prompt=self.prompt,
            anchor=self.anchor,
            seed=self.seed,
            decoder=dict(self.decoder),
            settings=dict(self.settings),
            proposer=self.proposal.proposer,
            proposer_parameters=dict(self.proposal.parameters),
            value=self.proposal.value,
            sd=self.proposal.sd,
            value_model=self.proposal.value_model,
            created_at=self.created_at,
        )

    @classmethod
    def from_record(cls, record: CandidateRecord, z: Latent, png: bytes) -> "Candidate":
        """The candidate that a row was made of."""
        return cls(
            session=record.session,
            prompt=record.prompt,
            z=z,
            anchor=record.anchor,
            seed=record.seed,
            decoder=record.decoder,
            settings=record.settings,
            proposal=Proposal(
                record.proposer, record.proposer_parameters, record.value, record.sd, record.value_model
            ),
            created_at=record.created_at,
            png=png,
        )


def candidate_id(session: str, z: Latent, content: str = "") -> str:
    """16 hex digits of sha256 over the session and the latent's bytes.

    Of a picture of a folder, its content stands for the latent: another computer may embed it otherwise.
    """
    digest = hashlib.sha256(session.encode())
    digest.update(content.encode() if content else np.ascontiguousarray(z, dtype=np.float32).tobytes())
    return digest.hexdigest()[:16]


def content_of(settings: Mapping[str, Any]) -> str:
    """What the settings of a candidate say of that."""
    return str(settings.get(CONTENT, ""))
