"""Mailboxes as Asterisk writes them, and as a full disk, a dead Asterisk or a stranger may leave them."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from cti.core.voicemail import MessageState
from cti.errors import NotFound, Refused
from cti.voicemail.spool import break_stale_lock, find, folders, forget_pin, locked, messages_in, move, remove


def everything(spool) -> list:
    return [found for place in folders(spool.root) for found in messages_in(*place)]


def test_a_message_says_who_left_it_in_which_call_and_queue(spool):
    spool.leave("sales")
    (found,) = everything(spool)
    message = found.message
    assert message.id == f"sales-{spool.received}-00000000"
    assert (message.box, message.context, message.folder) == ("sales", "default", "INBOX")
    assert message.state is MessageState.NEW
    assert (message.number, message.name) == ("13901230001", "Li Lei")
    assert (message.conversation, message.queue, message.did) == ("1795310600.3", "sales", "4008001234")
    assert (message.received, message.seconds) == (datetime.fromtimestamp(spool.received, UTC), 3.0)
    assert found.sound.read_bytes()[:4] == b"RIFF"


@pytest.mark.parametrize(
    ("callerid", "number", "name"),
    [
        ("13901230001", "13901230001", ""),
        ("Unknown", "", ""),
        ("", "", ""),
        ('"<13900000000>" <13901230001>', "13901230001", "<13900000000>"),
        ('"王芳" <+8613901230001>', "+8613901230001", "王芳"),
        ('"a\u202eb\x1b[2J" <1%0A2>', "102", "ab[2J"),
        ('"\udcff" <1>', "1", "\ufffd"),
    ],
)
def test_a_forged_caller_is_digits_and_letters_only(spool, callerid, number, name):
    spool.leave("sales", callerid=callerid)
    (found,) = everything(spool)
    assert (found.message.number, found.message.name) == (number, name)


@pytest.mark.parametrize("category", ["", "queue=../../etc call=a|b", "queue", "=", "queue=" + "a" * 200, "\x00"])
def test_a_message_without_our_words_in_it_is_of_no_call_and_no_queue(spool, category):
    spool.leave("sales", category=category)
    (found,) = everything(spool)
    assert (found.message.queue, found.message.conversation) == ("", "")


def test_a_text_torn_by_a_full_disk_is_still_a_message_and_keeps_its_name_when_it_moves(spool):
    text = spool.leave("sales")
    text.write_bytes(b"")
    (found,) = everything(spool)
    name = found.message.id
    assert name.startswith("sales-damaged-")
    assert found.message.seconds == 3.0
    move(spool.root, found.message, "Old")
    (again,) = everything(spool)
    assert (again.message.id, again.message.state) == (name, MessageState.HEARD)


def test_a_text_that_cannot_be_read_hides_no_other_message(spool, caplog):
    (spool.folder("sales") / "msg0000.txt").mkdir()
    spool.leave("sales", 1)
    assert [found.message.id for found in everything(spool)] == [f"sales-{spool.received}-00000001"]
    assert "cannot read the message" in caplog.text


def test_a_sound_without_its_text_is_no_message_yet(spool):
    spool.leave("sales").unlink()
    assert everything(spool) == []


def test_what_is_still_being_recorded_and_what_is_no_box_is_left_alone(spool):
    spool.leave("sales", folder="tmp")
    spool.leave("sales", context="elsewhere")
    spool.leave("..x")
    (spool.root / "default" / "linked").symlink_to(spool.folder("sales", "tmp").parent)
    assert everything(spool) == []


def test_a_message_that_is_a_link_is_not_followed(spool, tmp_path):
    (tmp_path / "secret").write_text("msg_id=1-00000000\n")
    (spool.folder("sales") / "msg0000.txt").symlink_to(tmp_path / "secret")
    assert everything(spool) == []


def test_deleting_leaves_the_others_and_a_second_time_says_so(spool):
    spool.leave("sales", 0)
    spool.leave("sales", 1)
    first, second = everything(spool)
    remove(spool.root, first.message)
    assert [found.message.id for found in everything(spool)] == [second.message.id]
    assert sorted(os.listdir(spool.folder("sales"))) == ["msg0001.txt", "msg0001.wav"]
    with pytest.raises(NotFound):
        remove(spool.root, first.message)


def test_a_message_is_found_where_a_listener_has_put_it(spool):
    spool.leave("sales", 3)
    (found,) = everything(spool)
    spool.leave("sales", 0, folder="Old", msg_id=found.message.id.removeprefix("sales-"))
    for file in spool.folder("sales").glob("msg*"):
        file.unlink()
    assert find(spool.root, found.message).message.folder == "Old"


def test_moving_takes_the_next_free_number_of_the_other_folder(spool):
    spool.leave("sales", 4, folder="Old")
    spool.leave("sales", 0)
    inbox = next(found for found in everything(spool) if found.message.folder == "INBOX")
    move(spool.root, inbox.message, "Old")
    assert sorted(file.name for file in spool.folder("sales", "Old").glob("*.txt")) == ["msg0004.txt", "msg0005.txt"]


def test_a_folder_that_asterisk_keeps_locked_is_refused_and_nothing_is_deleted(spool):
    spool.leave("sales")
    folder = spool.folder("sales")
    (folder / ".lock").touch()
    with pytest.raises(Refused, match="locked"), locked(folder, seconds=0.05):
        pass
    assert sorted(os.listdir(folder)) == [".lock", "msg0000.txt", "msg0000.wav"]


def test_the_lock_of_a_dead_asterisk_is_broken_and_a_fresh_one_is_not(spool):
    folder = spool.folder("sales")
    (folder / ".lock").touch()
    made = (folder / ".lock").stat().st_mtime
    break_stale_lock(folder, made + 1)
    assert (folder / ".lock").exists()
    break_stale_lock(folder, made + 61)
    with locked(folder, seconds=0.05):
        assert (folder / ".lock").exists()
    assert os.listdir(folder) == []


def test_a_new_pin_of_ours_takes_the_place_of_one_chosen_by_phone(spool):
    box = spool.folder("1001", context="agents").parent
    (box / "secret.conf").write_text("[general]\npassword = 1\n")
    forget_pin(box)
    forget_pin(box)
    assert not (box / "secret.conf").exists()
