"""Attend: words, scores and shares against plain Python and torch's own attention."""

import itertools

import pytest
import torch

import rpn_edu as rpn
from rpn_edu.explore import Attend, Explorer

softmax = rpn.interdependence.Bilinear(normalization="softmax")


def numbers(subject=softmax, **fields):
    picture = Attend(**fields)
    return picture.numbers(subject, **picture.given())


def rows(word):
    """Letter and letter before, as ones and zeros."""
    X = torch.zeros(6, 10, dtype=torch.float64)
    for row, letter in enumerate(word):
        X[row, letter] = 1
        if row:
            X[row, 5 + word[row - 1]] = 1
    return X


@pytest.mark.parametrize("word", [1, 5, 12])
def test_a_word_ends_with_a_letter_it_had_and_the_answer_came_after_it(word):
    found = numbers(word=word)
    letters = found["word"].tolist()
    assert tuple(letters[:5]) in set(itertools.permutations(range(5))) and letters[5] in letters[:4]
    assert found["answer"] == letters[letters.index(letters[5]) + 1]


@pytest.mark.parametrize("steps", [0, 12])
def test_the_answer_is_that_of_the_attention_of_torch(steps):
    found = numbers(steps=steps)
    X = rows(found["word"].tolist())
    attended = torch.nn.functional.scaled_dot_product_attention(X @ found["psi"].mT, X, X[:, :5])
    torch.testing.assert_close(found["said"], attended[-1])
    torch.testing.assert_close(found["A"].sum(0), torch.ones(6, dtype=torch.float64))


def test_training_finds_words_it_has_not_seen_by_the_letter_before():
    before, after = numbers(), numbers(steps=12)
    assert before["found"] < 0.2 and after["found"] == 1
    place = after["word"].tolist().index(after["word"][-1]) + 1
    assert after["A"][:, -1].argmax() == place and after["A"][place, -1] > 0.8 > 0.3 > before["A"][:, -1].max()
    block = after["psi"][5:, :5]  # from the letter before a row to the letter of another
    assert block.diagonal().min() > 3 * (block - block.diagonal().diag()).max()


def test_the_words_that_judge_are_others_than_those_that_train():
    trained = []
    for seed in (0, 1):
        torch.manual_seed(seed + 1000)
        trained.append(set(torch.randperm(480)[:100].tolist()))
    assert trained[0] != trained[1] and numbers(seed=1, steps=12)["found"] == 1


def test_the_picture_says_which_row_answers():
    page = Explorer(softmax, Attend(steps=12))
    assert "100% of the 380 other words right" in page.alt and "right" in page.picture.readout(page.shown)
