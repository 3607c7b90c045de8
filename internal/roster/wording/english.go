package wording

var english = catalogue{
	"file-empty": {
		"The file is empty.",
		"Export the roster again and upload it whole.",
	},
	"file-no-rows": {
		"The file has a header and no people.",
		"Export the roster again and check the filter of the export.",
	},
	"file-not-csv/zip": {
		"The file is a ZIP archive, not a CSV file.",
		"Unpack it and upload the CSV file that it holds.",
	},
	"file-not-csv/xlsx": {
		"The file is an Excel workbook, not a CSV file.",
		"In Excel choose Save As, CSV UTF-8 (comma delimited), and upload that.",
	},
	"file-not-csv/xls": {
		"The file is an old Excel workbook, not a CSV file.",
		"In Excel choose Save As, CSV UTF-8 (comma delimited), and upload that.",
	},
	"file-not-csv/gzip": {
		"The file is compressed with gzip.",
		"Upload the CSV file itself.",
	},
	"file-not-csv/pdf": {
		"The file is a PDF document.",
		"Export the roster as CSV in UTF-8 and upload that.",
	},
	"file-not-csv/html": {
		"The file is a web page, which is often the sign-in or error page of an export.",
		"Export the roster as CSV in UTF-8 and upload that.",
	},
	"file-not-csv/xml": {
		"The file is XML.",
		"Export the roster as CSV in UTF-8 and upload that.",
	},
	"file-not-csv/other": {
		"The file is in the format {format}, not a CSV file.",
		"Export the roster as CSV in UTF-8 and upload that.",
	},
	"file-encoding": {
		"The text is not UTF-8 from line {line} on; it looks like {encoding}.",
		"Export the roster as CSV in UTF-8 and upload it again.",
	},
	"file-encoding/unknown": {
		"The text is not UTF-8 from line {line} on, and what it is can’t be told.",
		"Export the roster as CSV in UTF-8 and upload it again.",
	},
	"file-encoding/whole": {
		"The file is in {encoding}.",
		"Export the roster as CSV in UTF-8 and upload it again.",
	},
	"file-nul": {
		"Row {row} (line {line}) holds a NUL byte, which is a sign of a damaged file.",
		"Export the roster again.",
	},
	"file-line-ends": {
		"Line {line} ends in a carriage return alone, as on old Macintosh systems.",
		"Save the file with LF or CRLF line ends.",
	},
	"file-delimiter": {
		"The header is one column that holds {found} where {wanted} separates columns.",
		"Export the file with {wanted} between columns.",
	},
	"file-quoting": {
		"A quote that opens in row {row} (line {line}) is never closed.",
		"Close it, and write a quote inside a cell twice.",
	},
	"file-quoting/torn": {
		"The file breaks off in row {row} (line {line}): {found} of {wanted} cells and no line end.",
		"The upload or the export was cut short; upload the whole file again.",
	},
	"file-quoting/open": {
		"The file breaks off in row {row} (line {line}) inside a quoted cell.",
		"The upload or the export was cut short; upload the whole file again.",
	},
	"file-quoting/character": {
		"The file breaks off in row {row} (line {line}) in the middle of a character.",
		"The upload or the export was cut short; upload the whole file again.",
	},
	"file-quoting/header": {
		"The header's quotes are not closed properly.",
		"Write a title that holds a comma or a quote in quotes, and a quote inside it twice.",
	},
	"file-too-large/rows": {
		"The file holds more than {limit} rows, the most that was agreed.",
		"Talk to your customer success manager.",
	},
	"file-too-large/bytes": {
		"The file is larger than {limit} bytes, the most that was agreed.",
		"Talk to your customer success manager.",
	},
	"file-too-large/row": {
		"Row {row} (line {line}) has a cell over 64 KiB or is over 1 MiB in all.",
		"Look for a quote that opens there and is not closed.",
	},
	"file-too-large/width": {
		"Row {row} (line {line}) has more than 256 columns.",
		"Leave out what is not agreed, and look for a wrong delimiter.",
	},
	"file-too-large/lines": {
		"The file has more than {limit} rows, nearly all of them empty.",
		"Remove the empty lines, or export the roster again.",
	},
	"file-name-date": {
		"The file's name carries no date as MM.DD.YYYY, or an impossible one.",
		"Add the roster's date, for example 01.13.2023.",
	},
	"header-missing-row": {
		"Row 1 holds data where the column titles should stand.",
		"Add one header row with the agreed titles at the top of the file.",
	},
	"header-missing-row/blank": {
		"Row 1 is empty where the column titles should stand.",
		"Begin the file with the header row.",
	},
	"header-missing-row/above": {
		"The column titles stand in row {titles}, with something else above them.",
		"Remove what stands above, so that the file begins with the row of titles.",
	},
	"column-missing": {
		"The column “{column}” is missing.",
		"Add it to the export, with exactly this title.",
	},
	"column-missing/near": {
		"The column “{column}” is missing; there is “{near}”.",
		"Give the column the agreed title.",
	},
	"column-duplicate": {
		"The title “{value}” stands over more than one column.",
		"Keep one of them; case and white space make no difference.",
	},
	"column-unmapped": {
		"The column “{column}” is not agreed and is not read.",
		"Leave it out, or ask for it to be mapped.",
	},
	"column-unmapped/untitled": {
		"Column {number} has no title and is not read.",
		"Leave it out, or give it the agreed title.",
	},
	"row-column-count": {
		"Row {row} has {found} cells where the header has {wanted}.",
		"Put a cell that holds a comma in quotes.",
	},
	"row-quoting": {
		"Row {row} (line {line}) has a quote inside a cell that is not in quotes.",
		"Put the cell in quotes and write the quote twice.",
	},
	"row-quoting/after": {
		"Row {row} (line {line}) has text after a closing quote.",
		"Write a quote inside a cell twice.",
	},
	"row-quoting/swallowed": {
		"Row {row} (line {line}) has a cell of several lines that holds whole rows.",
		"Look for a stray quote where it begins and where it ends.",
	},
	"row-repeated-header": {
		"Row {row} is the header again.",
		"Remove it; files that were joined hold it more than once.",
	},
	"row-blank": {
		"Row {row} is empty and was skipped.",
		"",
	},
	"row-duplicate": {
		"Row {row} is the same as row {first}, which was kept.",
		"Remove one of them.",
	},
	"duplicate-id": {
		"{column} “{value}” stands in rows {rows}, which differ. None of them was applied.",
		"Keep one row a person.",
	},
	"duplicate-email": {
		"{column} “{value}” stands in rows {rows} for different people. None of them was applied.",
		"Give each person an address of their own.",
	},
	"required-blank": {
		"{column} is empty in row {row}, and it is required.",
		"Fill it in.",
	},
	"required-blank/agreed": {
		"{column} is empty in row {row}; it was agreed that rows without it are not taken.",
		"Fill it in.",
	},
	"email-format": {
		"{column} “{value}” in row {row} is not one bare address.",
		"Write it as name@example.com, without a name or brackets around it.",
	},
	"email-format/inside": {
		"{column} “{value}” in row {row} is an address with something around it.",
		"Write {near} alone.",
	},
	"email-format/list": {
		"{column} “{value}” in row {row} is more than one address.",
		"Keep the one at which the person is to be reached.",
	},
	"email-format/long": {
		"{column} in row {row} is longer than an address may be: 64 characters before the @ and 254 in all.",
		"Correct it.",
	},
	"email-format/hidden": {
		"{column} “{value}” in row {row} holds invisible characters.",
		"Type the address again.",
	},
	"email-format/lookalike": {
		"{column} “{value}” in row {row} holds full-width letters or letters of several alphabets.",
		"Type the address again.",
	},
	"email-format/domain": {
		"{column} “{value}” in row {row} has no valid domain with a dot after the @.",
		"Correct it.",
	},
	"id-mangled": {
		"{column} “{value}” in row {row} is a number in scientific notation: a spreadsheet has lost its digits.",
		"Format the column as text and export again.",
	},
	"id-mangled/error": {
		"{column} “{value}” in row {row} is a spreadsheet's error.",
		"Correct the formula and export again.",
	},
	"id-mangled/long": {
		"{column} in row {row} is longer than an ID may be: 255 bytes.",
		"Look for text that came from another column, correct it and export again.",
	},
	"value-not-allowed": {
		"{column} “{value}” in row {row} is not an agreed value.",
		"Use one of: {allowed}.",
	},
	"value-not-allowed/near": {
		"{column} “{value}” in row {row} is not an agreed value; “{near}” was probably meant.",
		"Write it exactly so.",
	},
	"value-not-allowed/row": {
		"{column} “{value}” in row {row} is not an agreed value, and rows with others are not taken.",
		"Use one of: {allowed}.",
	},
	"value-not-allowed/row-near": {
		"{column} “{value}” in row {row} is not an agreed value, and rows with others are not taken; “{near}” was probably meant.",
		"Write it exactly so.",
	},
	"value-not-allowed/kept": {
		"{column} “{value}” in row {row} is not on the agreed list; it was taken as it is.",
		"",
	},
	"value-not-allowed/kept-near": {
		"{column} “{value}” in row {row} is not on the agreed list; it was taken as it is.",
		"If “{near}” was meant, write it exactly so.",
	},
	"value-not-allowed/blank": {
		"{column} “{value}” in row {row} is not an agreed value and was read as an empty cell.",
		"Use one of: {allowed}.",
	},
	"value-not-allowed/blank-near": {
		"{column} “{value}” in row {row} is not an agreed value and was read as an empty cell; “{near}” was probably meant.",
		"Write it exactly so.",
	},
	"date-format": {
		"{column} “{value}” in row {row} is not a date as MM/DD/YYYY.",
		"Correct it; the date stays as it was.",
	},
	"date-format/day": {
		"{column} “{value}” in row {row} is a day that does not exist.",
		"Dates are MM/DD/YYYY; the date stays as it was.",
	},
	"date-format/swapped": {
		"{column} “{value}” in row {row} looks like day and month in the wrong order.",
		"Write dates as MM/DD/YYYY, this one as {date}; the date stays as it was.",
	},
	"date-format/serial": {
		"{column} “{value}” in row {row} is a spreadsheet's day number, which would be {date}.",
		"Format the column as MM/DD/YYYY and export again.",
	},
	"date-format/iso": {
		"{column} “{value}” in row {row} is written with the year first.",
		"Write it as {date}.",
	},
	"date-format/digits": {
		"{column} “{value}” in row {row} needs two digits each for month and day and four for the year.",
		"Write it as {date}.",
	},
	"date-format/form": {
		"{column} “{value}” in row {row} is not written as MM/DD/YYYY.",
		"Write it as {date}; the date stays as it was.",
	},
	"date-format/ambiguous": {
		"{column} “{value}” in row {row} can be read as two different days.",
		"Write dates as MM/DD/YYYY; the date stays as it was.",
	},
	"date-format/year": {
		"{column} “{value}” in row {row} has a year of two digits.",
		"Write dates as MM/DD/YYYY with all four; the date stays as it was.",
	},
	"date-format/range": {
		"{column} “{value}” in row {row} has a year outside of 1900 to 2199.",
		"Correct it, or leave the cell empty where there is no date; the date stays as it was.",
	},
	"text-control": {
		"{column} in row {row} holds control characters or ones that turn the direction of text.",
		"Type the value again; it stays as it was.",
	},
	"text-control/row": {
		"{column} in row {row} holds control characters, line breaks or characters that turn the direction of text.",
		"Type it again; the row was not applied.",
	},
	"spreadsheet-error": {
		"{column} “{value}” in row {row} is a spreadsheet's error.",
		"Correct the formula and export again; the value stays as it was.",
	},
	"spreadsheet-error/row": {
		"{column} “{value}” in row {row} is a spreadsheet's error.",
		"Correct the formula and export again; the row was not applied.",
	},
	"text-mojibake": {
		"{column} “{value}” in row {row} looks like text that was encoded twice or lost letters.",
		"Check how the export writes accents.",
	},
}
