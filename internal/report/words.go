package report

import (
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// words are what a list says in one language. Sentences are whole, since parts put together can't be translated; %s is filled in by what its name says.
type words struct {
	title           string // %s the organisation, %s the import
	summary         string
	masked          string
	private, public string

	// Of the summary.
	organisation, importID, standing, file, received, digest, rows, mappingVersion, changeSet string
	mapping, rowsAside                                                                        string // %s numbers
	waits, working                                                                            string // %s the deadline

	totals, kind, people, meaning string
	kinds, meanings               map[changeset.Op]string
	unchanged, unchangedMeans     string
	setAside, setAsideMeans       string
	asideTitle, noneOfKind        string
	conflicts                     map[changeset.Conflict]string // %s rows

	// What to know before answering.
	know                                                       string
	invites, invitesOne, invitesNone                           string
	invited, invitedOne, invitedNone                           string
	restorable, restorableUntil, nothingErased                 string // %s days; %s the date
	privateLegend, maskedLegend, protected, doubtful, unlisted string
	answer, answerTo, answerToAnybody                          string
	made                                                       string // %s how many were made, %s were planned

	// Heads of columns.
	row, name, uniqueID, email, column, before, after, visibility, remark, code, level, wrong, invitation, value, eligibility string
	wholeRow, oneValue, absent, yes, no                                                                                       string
	asideIs                                                                                                                   string // %s the row or the value, %s the code, %s a sentence

	// Of the page alone.
	firstOf, emptyValue, person, where string // %s how many, %s of how many

	date string // layout of an instant
}

func (d *Document) words() *words {
	if d.Locale == roster.FrCA {
		return &french
	}
	return &english
}

// number writes n as the language does.
func (d *Document) number(n int) string {
	tag := language.AmericanEnglish
	if d.Locale == roster.FrCA {
		tag = language.CanadianFrench
	}
	return message.NewPrinter(tag).Sprintf("%d", n)
}
