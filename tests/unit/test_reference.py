from control_pages import FOLDER, pages
from reference import PAGE, page


def test_the_reference_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/reference.py"


def test_each_control_has_its_page_and_no_other_is_there() -> None:
    shipped = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert shipped == dict(pages()), "run: python tests/reference.py"
