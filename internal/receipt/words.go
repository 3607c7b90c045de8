package receipt

import "rollcall.internal/internal/roster"

// words are what a text says around the findings, in one language.
type words struct {
	locale                                   string
	file, importID, received, outcome        string
	rowCount, accepted, setAside             string
	protected, unreadable                    string
	refuses, row, rows, kinds, more, counted string
	colon, quotes                            string
	unread                                   string // of a file that was not read, or not to its end
	would, done                              tense
	levels                                   map[roster.Level]string // of a file that is refused
}

// A tense is what is said differently of a file that would be read and of one that was.
type tense struct {
	refused, row, rows, values, notes, clean, unreadable string
	levels                                               map[roster.Level]string // of a file that is accepted
}

func english() words {
	return words{
		locale: roster.EnUS,
		file:   "file", importID: "import", received: "received", outcome: "outcome",
		rowCount: "rows", accepted: "accepted", setAside: "set aside", protected: "people protected", unreadable: "unreadable rows",
		refuses: "refuses the file", row: "row %s", rows: "rows %s", kinds: "… and %s more like these", colon: ": ", quotes: "“%s”",
		unread:  "Not read: nothing can be said of what this file holds.",
		more:    "The JSON receipt beside this one lists the first %s of %s findings; all are counted.",
		counted: "Counted as well: %s.",
		levels: map[roster.Level]string{
			roster.RowAside: "Rows that need correcting too:", roster.ValueAside: "Values that need correcting too:", roster.Note: "Notes:",
		},
		would: tense{
			refused:    "Refused: uploaded as it is, this file would change nothing. Correct what refuses it, export it again, and check it again.",
			row:        "Accepted, but 1 of %s rows would be set aside: nothing would change about whoever stands in it, and they would not be removed.",
			rows:       "Accepted, but %s of %s rows would be set aside: nothing would change about the people in them, and none of them would be removed.",
			values:     "Accepted, but some values would be set aside: those fields would stay as they are, and the rest of their rows would apply.",
			notes:      "Accepted: the file is ready to be uploaded. Nothing would be set aside; the notes below are good to know.",
			clean:      "Accepted: nothing is wrong with the file, and it is ready to be uploaded.",
			unreadable: "In some rows it can't be told who is meant, so nobody at all would be removed until somebody has looked.",
			levels: map[roster.Level]string{
				roster.RowAside: "Rows that would be set aside:", roster.ValueAside: "Values that would be set aside:", roster.Note: "Notes:",
			},
		},
		done: tense{
			refused:    "Refused: the file changes nothing. Correct what refuses it, export it again, and upload it again under any name.",
			row:        "Accepted, but 1 of %s rows was set aside: nothing changes about whoever stands in it, and they are not removed.",
			rows:       "Accepted, but %s of %s rows were set aside: nothing changes about the people in them, and none of them is removed.",
			values:     "Accepted, but some values were set aside: those fields stay as they are, and the rest of their rows applies.",
			notes:      "Accepted. Nothing was set aside; the notes below are good to know.",
			clean:      "Accepted. Nothing is wrong with the file.",
			unreadable: "In some rows it can't be told who is meant, so nobody at all is removed until somebody has looked.",
			levels: map[roster.Level]string{
				roster.RowAside: "Rows set aside:", roster.ValueAside: "Values set aside:", roster.Note: "Notes:",
			},
		},
	}
}

func french() words {
	return words{
		locale: roster.FrCA,
		file:   "fichier", importID: "importation", received: "reçu", outcome: "issue",
		rowCount: "rangées", accepted: "acceptées", setAside: "mises de côté", protected: "personnes protégées", unreadable: "rangées illisibles",
		refuses: "fait refuser le fichier", row: "rangée %s", rows: "rangées %s", kinds: "… et %s autres du même genre", colon: "\u00A0: ", quotes: "«\u00A0%s\u00A0»",
		unread:  "Non lu\u00A0: on ne peut rien dire de ce que contient ce fichier.",
		more:    "Le reçu JSON voisin donne les %s premiers constats sur %s; tous sont comptés.",
		counted: "Également comptés\u00A0: %s.",
		levels: map[roster.Level]string{
			roster.RowAside: "Rangées à corriger aussi\u00A0:", roster.ValueAside: "Valeurs à corriger aussi\u00A0:", roster.Note: "Remarques\u00A0:",
		},
		would: tense{
			refused:    "Refusé\u00A0: téléversé tel quel, ce fichier ne changerait rien. Corrigez ce qui le fait refuser, exportez-le de nouveau et revérifiez-le.",
			row:        "Accepté, mais 1 rangée sur %s serait mise de côté\u00A0: rien ne changerait pour la personne qui y figure, et elle ne serait pas retirée.",
			rows:       "Accepté, mais %s rangées sur %s seraient mises de côté\u00A0: rien ne changerait pour les personnes qui y figurent, et aucune ne serait retirée.",
			values:     "Accepté, mais des valeurs seraient mises de côté\u00A0: ces champs resteraient ce qu’ils sont, et le reste de leur rangée s’appliquerait.",
			notes:      "Accepté\u00A0: le fichier est prêt à être téléversé. Rien ne serait mis de côté; les remarques ci-dessous sont bonnes à savoir.",
			clean:      "Accepté\u00A0: rien à redire, le fichier est prêt à être téléversé.",
			unreadable: "On ne peut pas savoir de qui il s’agit dans certaines rangées\u00A0: personne ne serait donc retiré avant une vérification humaine.",
			levels: map[roster.Level]string{
				roster.RowAside: "Rangées qui seraient mises de côté\u00A0:", roster.ValueAside: "Valeurs qui seraient mises de côté\u00A0:", roster.Note: "Remarques\u00A0:",
			},
		},
		done: tense{
			refused:    "Refusé\u00A0: le fichier ne change rien. Corrigez ce qui le fait refuser, exportez-le de nouveau et téléversez-le sous n’importe quel nom.",
			row:        "Accepté, mais 1 rangée sur %s a été mise de côté\u00A0: rien ne change pour la personne qui y figure, et elle n’est pas retirée.",
			rows:       "Accepté, mais %s rangées sur %s ont été mises de côté\u00A0: rien ne change pour les personnes qui y figurent, et aucune n’est retirée.",
			values:     "Accepté, mais des valeurs ont été mises de côté\u00A0: ces champs restent ce qu’ils sont, et le reste de leur rangée s’applique.",
			notes:      "Accepté. Rien n’a été mis de côté; les remarques ci-dessous sont bonnes à savoir.",
			clean:      "Accepté. Rien à redire à ce fichier.",
			unreadable: "On ne peut pas savoir de qui il s’agit dans certaines rangées\u00A0: personne n’est donc retiré avant une vérification humaine.",
			levels: map[roster.Level]string{
				roster.RowAside: "Rangées mises de côté\u00A0:", roster.ValueAside: "Valeurs mises de côté\u00A0:", roster.Note: "Remarques\u00A0:",
			},
		},
	}
}
