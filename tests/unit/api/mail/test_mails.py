"""What a browser asks of a mailbox: the list, a mail, orders, opinions, a search."""

from tests.support.mailbox_door import MailboxTab, OpenMails
from tests.support.mails import NAME, small_mails, with_small_mails


def test_the_list_and_a_mail_are_text_as_it_came(mails: OpenMails, tab: MailboxTab) -> None:
    sha = tab.post()["mails"]["sha"]
    found = tab.get(f"list/{sha}").json()
    assert found["ids"] == list(mails.mails.ids) and found["titles"] == list(mails.mails.titles)
    mail = tab.get(f"mails/{sha}/{mails.mails.ids[5]}").json()
    assert mail["body"] == mails.mails.bodies[5] and mail["source"] == mails.mails.sources[5]
    assert "immutable" in tab.get(f"list/{sha}").headers["cache-control"]
    assert tab.get("list/0123456789abcdef").status_code == 404
    assert tab.get(f"mails/{sha}/0123456789abcdef").status_code == 404


def test_without_a_model_there_are_mails_suggestions_and_no_opinion(
    mails: OpenMails, tab: MailboxTab
) -> None:
    assert tab.post()["run"] is None and set(tab.view["orders"]) == {"newest"}
    newest = tab.get("orders/newest").json()
    assert newest["rows"] == list(range(len(mails.mails)))[::-1]
    assert tab.get("orders/uncertain").status_code == 202
    assert tab.get(f"opinions/any/{mails.mails.ids[0]}").status_code == 404


def test_a_run_orders_mails_by_doubt_and_explains_each(mails: OpenMails, tab: MailboxTab) -> None:
    run = mails.train()
    view = tab.post()
    assert view["run"] == run and set(view["orders"]) >= {"uncertain", "review", "mistakes", "newest"}
    scores = tab.get(f"scores/{view['scores']}").json()
    rows = tab.get("orders/uncertain").json()["rows"]
    assert sorted(rows) == list(range(len(mails.mails)))
    distance = [abs(scores["probability"][row] - 0.6) for row in rows]
    assert distance[0] < 0.2 < distance[-1]
    address = f"opinions/{run}/{mails.mails.ids[1]}"
    assert tab.get(address).status_code == 202
    mails.drain()
    opinion = tab.get(address).json()
    assert opinion["sentence"] and len(opinion["clues"]) == 7
    assert abs(opinion["probability"] - scores["probability"][1]) < 1e-3
    body = mails.mails.bodies[1]
    for mark in opinion["body_marks"]:
        assert any(
            body[mark["start"] : mark["end"]].split() == one["text"].split() for one in opinion["phrases"]
        )


def test_labels_do_not_make_an_order_new_but_a_run_does(mails: OpenMails, tab: MailboxTab) -> None:
    mails.train()
    before = tab.post()["orders"]
    tab.does("spam", 0)
    assert tab.post()["orders"] == before
    mails.train()
    after = tab.post()["orders"]
    assert after["uncertain"] != before["uncertain"] and after["newest"] == before["newest"]


def test_a_correction_makes_the_run_stale_and_is_taught_next(mails: OpenMails, tab: MailboxTab) -> None:
    mails.train()
    service = mails.mailbox.service
    run = mails.mailbox.run
    assert run is not None and service.stale(run, run.params) == ()
    tab.does("spam", 0)
    tab.post()
    assert service.stale(run, run.params) == ("labels have changed",)
    mails.train()
    newer = mails.mailbox.run
    assert newer is not None and newer.id != run.id
    assert bool(newer.mails.spam[newer.mails.ids.index(mails.mails.ids[0])])


def test_a_label_that_the_run_contradicts_is_reviewed_until_it_is_given_twice(
    mails: OpenMails, tab: MailboxTab
) -> None:
    mails.train()
    scores = tab.get(f"scores/{tab.post()['scores']}").json()
    row = max(range(len(mails.mails)), key=lambda row: scores["probability"][row])
    tab.does("safe", row)
    tab.post()
    order = tab.get("orders/review").json()
    assert order["rows"][0] == row and "the filter says spam" in order["reasons"][str(row)]
    tab.does("safe", row)
    tab.post()
    assert row not in tab.get("orders/review").json()["rows"]


def test_words_are_searched_in_titles_and_texts(mails: OpenMails, tab: MailboxTab) -> None:
    found = tab.get("search?words=CALL%20now").json()["rows"]
    assert found and all("call now" in mails.mails.bodies[row].casefold() for row in found)
    assert tab.get("search?words=call%20xyzzy").json()["rows"] == []
    assert len(tab.get("search").json()["rows"]) == len(mails.mails)


def test_mails_that_come_in_while_somebody_reads_have_their_labels(mails: OpenMails, tab: MailboxTab) -> None:
    tab.post()
    mails.mails = with_small_mails(mails.home, small_mails(150))
    mails.mailbox.service.look()
    mails.drain()
    assert tab.post()["mails"]["count"] == 150 and len(tab.letters) == 150


def test_a_run_that_cannot_be_read_is_said_and_mails_can_be_labelled(
    mails: OpenMails, tab: MailboxTab
) -> None:
    run = mails.train()
    (mails.home / "mail" / NAME / "runs" / run / "arrays.npz").write_bytes(b"torn")
    mails.restart()
    tab.post()
    mails.drain()
    view = tab.post()
    assert "damaged" in view["error"] and view["run"] is None and not view["expects_scores"]
    tab.does("spam", 0)
    tab.post()
    assert mails.on_disk() == {0: "spam"}
