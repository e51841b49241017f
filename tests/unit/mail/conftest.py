"""A run over synthetic mails, trained once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ipo.mail.embedding.cache import EmbeddingCache
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.features import mail_features
from ipo.mail.training.params import TrainParams
from ipo.mail.training.pipeline import TrainingData, execute_training_pipeline
from ipo.mail.training.run import TrainRun
from tests.support.mails import small_mails


@pytest.fixture(scope="session")
def mail_data() -> TrainingData:
    mails = small_mails(240)
    return TrainingData("synthetic", mails, mail_features(mails, mask=False), mails.given)


@pytest.fixture(scope="session")
def embeddings(tmp_path_factory: pytest.TempPathFactory) -> EmbeddingCache:
    return EmbeddingCache(Path(tmp_path_factory.mktemp("embeddings")), open_embedder("wordllama"))


@pytest.fixture(scope="session")
def train(mail_data: TrainingData, embeddings: EmbeddingCache) -> Callable[[TrainParams], TrainRun]:
    return lambda params: execute_training_pipeline(mail_data, params, embeddings)


@pytest.fixture(scope="session")
def run(train: Callable[[TrainParams], TrainRun]) -> TrainRun:
    return train(TrainParams())
