"""Compares the first sheet of a workbook, read with the standard library, with a CSV file."""
import csv
import sys
import xml.etree.ElementTree as ElementTree
import zipfile

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def column_number(reference):
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def text_of(element):
    return "".join(part.text or "" for part in element.iter(MAIN + "t"))


def sheet_rows(path):
    with zipfile.ZipFile(path) as book:
        names = book.namelist()
        shared = []
        if "xl/sharedStrings.xml" in names:
            shared = [text_of(item) for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert not list(sheet.iter(MAIN + "f")), "there is a formula"
    for row in sheet.iter(MAIN + "row"):
        cells = {}
        for cell in row:
            value = cell.find(MAIN + "v")
            kind = cell.get("t", "n")
            if kind == "inlineStr":
                text = text_of(cell)
            else:
                text = shared[int(value.text)] if kind == "s" else value.text
            cells[column_number(cell.get("r"))] = (text, kind)
        yield cells


def main(book, table):
    with open(table, newline="", encoding="utf-8") as file:
        wanted = list(csv.reader(file))
    found = list(sheet_rows(book))
    assert len(found) == len(wanted), (len(found), len(wanted))
    amounts = [i for i, name in enumerate(wanted[0]) if name.endswith("_base") or name == "amount_decimal"]
    for number, (cells, fields) in enumerate(zip(found, wanted)):
        for i, field in enumerate(fields):
            text, kind = cells.get(i, ("", "s"))
            assert text == field, (number, wanted[0][i], text, field)
            assert i not in amounts or kind != "n", "an amount is a number"
    print("equal")


main(*sys.argv[1:])
