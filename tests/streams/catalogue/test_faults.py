from streams.catalogue.faults import CatalogueError, Fault, Faults, Place


def test_faults_come_in_the_order_of_the_file_each_once() -> None:
    """However they were found."""
    found = Faults()
    for line in (3, 1, 3):
        found.add(Place(line, 2), "wrong")
    assert found.in_order() == [Fault(1, 2, "wrong"), Fault(3, 2, "wrong")]


def test_an_error_reads_like_a_compilers() -> None:
    """One line a mistake: `file:line:column: message`."""
    error = CatalogueError("a.yaml", [Fault(1, 2, "one"), Fault(3, 4, "two")])
    assert str(error) == "a.yaml:1:2: one\na.yaml:3:4: two"
