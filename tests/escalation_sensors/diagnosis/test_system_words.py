"""What systems say in other languages, and Windows' numbers, count as the code of the same meaning."""

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.codes_in_text import codes_in
from escalation_sensors.diagnosis.observed import failure_from
from escalation_sensors.diagnosis.own_rules import own_classifier


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[Errno -1] Verbindungsaufbau abgelehnt", "errno:ECONNREFUSED"),
        ("dial: 由于目标计算机积极拒绝", "errno:ECONNREFUSED"),
        ("[WinError 10054] An existing connection was forcibly closed by the remote host", "errno:ECONNRESET"),
        ("open: Aucun fichier ou dossier de ce type", "errno:ENOENT"),
        ("FEHLER:  Relation »stg_orders« existiert nicht", "sqlstate:42P01"),
        ("ERREUR:  la colonne « amount » n'existe pas", "sqlstate:42703"),
        ("ОШИБКА:  деление на ноль", "sqlstate:22012"),
        ("ERROR:  llave duplicada viola restricción de unicidad «orders_pkey»", "sqlstate:23505"),
        ('错误:  关系 "orders" 不存在', "sqlstate:42P01"),
        ("ERRORE:  annullamento dell'istruzione a causa di timeout", "postgres:statement_timeout"),
    ],
)
def test_a_saying_is_a_code(text: str, code: str) -> None:
    assert code in codes_in(text)


def test_english_says_no_code_by_words_alone() -> None:
    assert codes_in("relation exists in a table of contents, connection accepted") == frozenset()


def test_a_saying_is_within_one_line() -> None:
    assert codes_in("die Relation »orders« ist da\nSpalte x existiert nicht") == {"sqlstate:42703"}


def test_the_category_follows() -> None:
    found = own_classifier().diagnose(failure_from("", "FEHLER:  Relation »stg_orders« existiert nicht"))
    assert (found.category, found.confidence >= 0.9) == (Category.SCHEMA_MISMATCH, True)
