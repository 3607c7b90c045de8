package receipt

import "rollcall.internal/internal/roster"

// words are what a text says around the findings.
type words struct {
	refused, accepted, clean                     string
	file, received, outcome                      string
	rows, taken, setAside, protected, unreadable string
	heading, row, rowList, more                  string
	levels                                       map[roster.Level]string
}

var english = words{
	refused:  "Refused: the file changes nothing. Correct what is listed below and upload it again.",
	accepted: "Accepted. What is listed below was set aside or is worth knowing.",
	clean:    "Accepted. Nothing is wrong with the file.",
	file:     "file", received: "received", outcome: "outcome",
	rows: "rows", taken: "taken", setAside: "set aside", protected: "people kept", unreadable: "unreadable",
	heading: "What was found:", row: "row %s", rowList: "rows %s", more: "Told are the first %s of %s findings; all are counted.",
	levels: map[roster.Level]string{
		roster.Refused: "refuses the file", roster.RowAside: "row set aside, its person is kept",
		roster.ValueAside: "value set aside, the rest of the row applies", roster.Note: "note",
	},
}

var french = words{
	refused:  "Refusé : le fichier ne change rien. Corrigez ce qui suit et téléversez-le de nouveau.",
	accepted: "Accepté. Ce qui suit a été mis de côté ou mérite d’être su.",
	clean:    "Accepté. Rien à redire à ce fichier.",
	file:     "fichier", received: "reçu", outcome: "issue",
	rows: "rangées", taken: "prises", setAside: "mises de côté", protected: "gardées", unreadable: "illisibles",
	heading: "Constats :", row: "rangée %s", rowList: "rangées %s", more: "Voici les %s premiers de %s constats; tous sont comptés.",
	levels: map[roster.Level]string{
		roster.Refused: "refuse le fichier", roster.RowAside: "rangée mise de côté, sa personne est gardée",
		roster.ValueAside: "valeur mise de côté, le reste de la rangée s’applique", roster.Note: "remarque",
	},
}
