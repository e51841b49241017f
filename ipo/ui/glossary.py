"""The words of the app, each explained once: help texts, the page Glossary and `docs/glossary.md` read this.

`python -m ipo.ui.glossary` in a checkout writes that file.
"""

from collections.abc import Mapping
from pathlib import Path

PAGE = "glossary"  # the address of the page, relative to every other

JUDGING: Mapping[str, str] = {
    "session": "Everything that belongs to one prompt, at one size, drawn by one decoder, or to one folder "
    "of pictures: the images that you judged and the models that learnt from them.",
    "row": "One judged image, saved with its label, Good or Bad, and with all that is needed to draw it "
    "again.",
    "pair": "Two images side by side of which you preferred one. It teaches the models which of the two "
    "should have the higher value, and says of neither that it is good.",
    "decoder": "The program that draws an image from a latent.",
    "latent": "The list of numbers that an image is drawn from. Latents that lie close together give images "
    "that look alike.",
    "prior draw": "A latent picked at random, before anything is known of your taste.",
    "anchor": "The latent that the prompt alone stands for. The line runs through it.",
    "value": "What a model expects you to say of an image: near +1 it expects Good, near −1 Bad, and near 0 "
    "it does not know. The number after ± is one standard deviation of that guess.",
    "proposer": "The rule that picks the next image for you to judge.",
    "ucb": "A proposer (“upper confidence bound”). It shows what you may well like: predicted value plus a "
    "share of its uncertainty. The slider Exploit – explore sets the share.",
    "thompson": "A proposer (“Thompson sampling”). It guesses one taste that agrees with your labels so "
    "far, and shows what that taste would like best. The next guess is another one.",
    "exploit": "A proposer. It takes the best of a few random draws, turns it a little further towards "
    "higher values, and looks for nothing new.",
    "uncertain": "A proposer of pictures of a folder. It shows the picture of which the model can least "
    "tell whether you like it.",
    "surprising": "A proposer of pictures of a folder. It shows the picture that is least like those that "
    "you judged.",
    "embedder": "A network that reads what an image shows, as a list of numbers: images that show similar "
    "things have similar ones.",
    "embedding": "The numbers that an embedder gives for an image. Values may be learnt from latents, from "
    "embeddings, or from both: then leave-one-out weighs one against the other. Embeddings learn tastes for "
    "what an image shows, such as “dogs, not cats”.",
    "line": "A proposer that shows points of the line at random. The mode Line shows nine of them side by "
    "side.",
    "random": "A proposer that ignores the models: it shows prior draws, or any pictures of a folder.",
    "ŵ": "The direction in which predicted values rise fastest (say “w hat”). Ridge finds it from your "
    "labels.",
    "θ": "How far a latent was turned towards ŵ, as an angle in radians. At 0 it is where it started; a "
    "quarter turn is about 1.6.",
    "step scores": "The predicted values of nine points along the line, from θ = −1.2 to θ = 1.2.",
    "value model": "The model whose values are shown, and which helps to choose what you see next: Ridge or "
    "XGBoost.",
    "Ridge": "A model of your taste, straight or gently curved, fitted again after each judgement in a few "
    "milliseconds. It also knows how sure it is.",
    "XGBoost": "A model of many small decision trees. It can follow a taste that is no straight line, and "
    "needs more labels for it.",
    "generation": "How many times the labels of a session have changed so far. Each fit names the "
    "generation that it learnt from, so you can tell whether it is up to date.",
    "λ": "How strongly Ridge is held back (“lambda”). A small λ follows every single label, slips included; "
    "a large one keeps only what many labels agree on.",
    "relative λ": "λ divided by the mean squared length of the rows, so that one number means the same in "
    "every session.",
    "leave-one-out": "Each label is predicted by a fit to all the others. The λ that predicts best is used.",
    "curved": "A value that need not rise for ever in one direction: Ridge may learn “bright, but not too "
    "bright”. For that it looks at sixteen coarse features of a latent. A straight value needs fewer "
    "labels; “auto” takes a curved one where it predicts them better by 1 % at least.",
    "held out": "Kept away from a fit, so that predicting it is a fair test.",
    "held-out accuracy": "The share of labels that a model predicts correctly for rows that were held out "
    "of its fit.",
    "train score": "Another name for the held-out accuracy of the last Ridge fit. It is no score on the "
    "rows that the fit has seen.",
    "majority": "The accuracy of always answering with the more frequent label. A model that does no better "
    "has learnt nothing yet.",
    "cross-validation": "The rows are split into parts (“folds”, usually five). Each part is predicted by a "
    "fit to the others, so that every row is held out once.",
    "AUC": "The chance that a Good row gets a higher value than a Bad one. 0.5 is guessing, 1 is perfect.",
    "95 % interval": "The range in which the true number most likely lies; with more labels it gets "
    "narrower. Of 100 such ranges about 95 hold the truth.",
    "calibration": "Whether numbers mean what they say: of all mails or images that a model gives a chance "
    "of 70 %, about 70 in 100 should turn out so.",
    "contradicted": "A label that a fit without it would have given the other way round: a slip of yours, "
    "or a change of mind, or an error of the model.",
}

DIGITS: Mapping[str, str] = {
    "SSVAE": "A semi-supervised variational autoencoder: a network that compresses images to a few numbers, "
    "draws them again from these, and names their class. It learns from all images, and from the few that "
    "have a label.",
    "epoch": "One pass over all images.",
    "teach / measure": "Nine tenths of the images teach the model. The others, always the same tenth, are "
    "held out: their labels are never learnt from, and measure how good the model is.",
    "true labels": "The labels that come with the data set. They are for trying things out; no model sees "
    "them unless you take some.",
    "latent dimensions": "How many numbers the network may use for the style of an image: slant, width, "
    "stroke. The class is told apart from these.",
    "reconstruction": "The image that the network draws from the numbers that it has compressed an image "
    "to. This term of the loss is its mean squared error per pixel.",
    "KL": "The term of the loss that keeps latents close to a standard normal distribution "
    "(“Kullback–Leibler divergence”), so that points between images mean something too.",
    "ELBO": "Reconstruction and KL together: the bound on the likelihood that a variational autoencoder "
    "maximises (“evidence lower bound”).",
    "consistency": "The term of the loss that asks for the same answer on two differently distorted views "
    "of one unlabelled image.",
    "contrast": "The term of the loss that draws the two views of one image together and pushes other "
    "images apart. It needs no labels.",
    "pseudo-label": "A guess of the model about an unlabelled image that is certain enough to be learnt "
    "from as if it were a label.",
    "knob": "A setting of the training that you can turn at any time. The next step of a running training "
    "uses the new value.",
    "certainty": "The probability that the model gives to its own prediction, calibrated on held-out labels.",
    "typical": "A way to suggest images: those in the middle of a cluster, so that one label speaks for "
    "many.",
    "entropy": "A way to suggest images: those whose probabilities are spread most evenly over the classes.",
    "margin": "A way to suggest images: those whose two most likely classes are closest to each other.",
    "disagreement": "A way to suggest images: those about which several guesses of the model differ most "
    "(“BALD”).",
    "far apart": "A way to suggest images: those that are least like any image with a label (“core set”).",
    "unsure and typical": "A way to suggest images: those that the model is unsure of, and that many others "
    "resemble.",
    "run": "One training, from Start or Continue to its end, with its settings and what came of it.",
}

MAIL: Mapping[str, str] = {
    "text head": "The part of the filter that reads what a mail says, and gives a probability of spam.",
    "clues": "Seven numbers about a mail, such as how many links and capitals it has. The clue head weighs "
    "them.",
    "guardrail": "The rule that asks the clues as well, where the text alone leaves doubt.",
    "band": "The range of probabilities in which the text leaves doubt. Mails inside it are decided with "
    "the clues; to all others the guardrail is shut.",
    "assist centre": "The middle of the band. Each training puts it where asking the clues corrects most "
    "decisions on the tune part, unless you set it by hand.",
    "threshold": "The probability from which on a mail is called spam. A higher one loses fewer good mails "
    "and lets more spam pass.",
    "hold-out": "The share of the labelled mails that the filter does not learn from. One half is the tune "
    "part, the other the test part.",
    "tune part": "Held-out mails that choose calibration, threshold and centre of the band.",
    "test part": "Held-out mails that choose nothing, and say how good the filter is.",
    "embedding": "The numbers that stand for what a text means: mails that mean alike have similar ones.",
    "logit": "A probability on a scale without ends: 0 is 50 %, +2 about 88 %, −2 about 12 %. On it, "
    "effects add up.",
    "odds ratio": "What one standard deviation more of a clue multiplies the odds of spam by: 1 changes "
    "nothing, 2 doubles them.",
    "precision": "Of the mails called spam, the share that is spam.",
    "recall": "Of the spam, the share that is called spam.",
    "F1": "One number for precision and recall together, their harmonic mean. 1 is perfect.",
    "Brier score": "The mean squared distance between probability and truth. 0 is perfect; always saying 50 "
    "% gets 0.25.",
    "near-duplicates": "Mails that are the same but for case, numbers, links or a name. All copies lie in "
    "one part of the split, so that no test mail was learnt almost word for word.",
    "stale": "Something it was made from has changed since: labels, mails or settings.",
}

INSPECTOR: Mapping[str, str] = {
    "recipe": "A Python function that prepares a training: model, data, loss and optimizer.",
    "condition": "A variant of a recipe. Those of the autoencoder say which forces act: micro, tiny, slow, "
    "med and fast set how strong the pull is (slow: 0.001), mask only and som only switch the other force "
    "off, and control switches off both.",
    "set up": "Build the model and its data from recipe, condition, options and seed. Nothing is trained "
    "until you step.",
    "step": "One batch through the model: forward, loss, backward, optimizer. All its tensors are recorded.",
    "beside": "Set up a second condition next to the first. Both get the same batches, step together, and "
    "can be compared number by number.",
    "tear down": "Close what is set up, and free its memory. Anything not saved is gone.",
    "fork": "Make a copy of the session that goes on separately from here.",
    "rewind": "Return to an earlier step by running the same batches again. The result is the same, bit for "
    "bit.",
    "pin": "Keep the tensors of a step for good. Of the others only the last are kept: 256 MB of them in "
    "memory, and up to 4 GB on disk.",
    "capture plan": "Which tensors of a step are kept whole: those that are followed, and of the others the "
    "smallest, as far as the bytes for a step go. The rest are summaries.",
    "summary": "What is kept of a tensor that is not kept whole: its norm, and up to 2,048 of its values, "
    "spread evenly. Its other numbers and its histogram are of those values.",
    "feature": "One unit of the hidden layer: a row of encoder weights and its answer to each image.",
    "dead": "A feature that wins next to no images (under 1 %), and so learns next to nothing.",
    "winner": "A feature that wins more than half of the images.",
    "mask": "The force that multiplies the gradient, so that features learn most from images that they win.",
    "pull": "The force that moves the weights of a feature towards images, as in a self-organising map "
    "(SOM).",
    "SOM target": "Where the pull would move a feature's weights to.",
    "strength": "How strongly a feature answers to an image: the size of its activation before the "
    "nonlinearity.",
    "rank score": "How far a feature beats its neighbours on an image: 0.5 and above for the strongest, "
    "near 0 for the beaten.",
    "image coverage": "How many features claim an image: the sum of their rank scores.",
    "feature novelty": "High for a feature that wins images which few others claim.",
    "win rate": "The mean rank score of a feature over the batch.",
    "cosine": "How much two lists of numbers point the same way: 1 the same, 0 unrelated, −1 opposite.",
    "effective rank": "How many different directions a matrix really uses. When features become copies of "
    "each other, it falls.",
}

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Judging images": JUDGING,
    "Digits": DIGITS,
    "Mail": MAIL,
    "Inspector": INSPECTOR,
}

_INTRODUCTION = "What the words of the app mean. Help texts (?) quote these sentences."


def explain(section: Mapping[str, str], *terms: str) -> str:
    """What terms mean, as Markdown for a help text: a paragraph each."""
    return "\n\n".join(f"**{term}**: {section[term]}" for term in terms)


def more() -> str:
    """The way from a help text to all terms."""
    return f"[All terms]({PAGE})"


def glossary_document() -> str:
    """The text of `docs/glossary.md`."""
    lines = ["# Glossary", "", _INTRODUCTION]
    for title, terms in SECTIONS.items():
        lines += ["", f"## {title}", "", "| term | meaning |", "|---|---|"]
        lines += [f"| {term} | {sentence} |" for term, sentence in terms.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path("docs/glossary.md").write_text(glossary_document())
