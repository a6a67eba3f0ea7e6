"""A class list as people have it: a file of a learning platform, a column of a spreadsheet, a line of a mail program.

`decoding` makes text of a file, `table` makes rows of a text, `reading` finds the people in them. Pure.
"""
