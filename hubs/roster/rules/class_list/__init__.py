"""Reading of class lists: exports of a learning platform, columns of a spreadsheet, address lines of a mail app.

`decoding` turns a file into text, `table` turns text into rows, `reading` finds the people in them. Pure.
"""
