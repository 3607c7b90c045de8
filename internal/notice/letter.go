package notice

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/roster/wording"
	"rollcall.internal/internal/tenant"
)

// maxSubject is what a mail program shows of a subject in its list.
const maxSubject = 60

// maxText bounds a sentence about a finding, maxFile the name of a file, which no file system lets be longer.
const (
	maxText = 600
	maxFile = 255
)

// A House is on whose behalf a notice is written: what it says of the deployment and the tenant as they are when it is sent.
type House struct {
	Tenant  tenant.ID
	Org     string         // the organisation, as its people know it
	Program string         // what the deployment is for
	Manager tenant.Contact // the first customer success manager; zero where there is none
}

// Compose returns the mail of a claimed notice, in the language of its recipient. Names, and whatever else came from a file, may hold anything: they are put on one line, cut and escaped here.
func Compose(n Claimed, h House) (invite.Message, error) {
	w := &writer{words: in(n.To.Locale), locale: language(n.To.Locale), Claimed: n, house: h, zone: location(n.Facts.Zone)}
	var subject string
	switch n.Kind {
	case invite.KindFileRefused:
		subject = w.refused()
	case invite.KindUploadLate:
		subject = w.late()
	case invite.KindUploadStillLate:
		subject = w.stillLate()
	case invite.KindUploadArrived:
		subject = w.arrived()
	default:
		return invite.Message{}, fmt.Errorf("compose notice: %q is no kind of notice", string(n.Kind))
	}
	w.farewell()
	page, err := w.page(subject)
	if err != nil {
		return invite.Message{}, fmt.Errorf("render notice: %w", err)
	}
	return invite.Message{Locale: w.locale, Subject: subject, Text: w.text(), HTML: page}, nil
}

func location(zone string) *time.Location {
	if loc, err := time.LoadLocation(zone); err == nil {
		return loc
	}
	return time.UTC
}

// A writer writes one mail.
type writer struct {
	words
	Claimed
	locale string
	house  House
	zone   *time.Location
	blocks []block
}

// A block is a part of a mail: a heading, a paragraph or a list.
type block struct {
	Heading string
	Text    string
	Items   []string
	Path    string // stands under a paragraph's text, on a line that is not broken, so that it can be copied
	Quiet   bool   // a paragraph in the small print
}

func (w *writer) heading(text string) { w.blocks = append(w.blocks, block{Heading: text}) }

func (w *writer) say(template string, pairs ...string) {
	w.blocks = append(w.blocks, block{Text: w.fill(template, pairs...)})
}

// receipt says where the receipt of a file lies.
func (w *writer) receipt(template, file string) {
	w.blocks = append(w.blocks, block{Text: w.fill(template), Path: "/reports/" + file + ".result.txt"})
}

// fileName makes the name of a file fit for a line, and changes nothing else of it.
func fileName(name string) string {
	return invite.Cut(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) {
			return r
		}
		return ' '
	}, name), maxFile)
}

func (w *writer) items(items ...string) { w.blocks = append(w.blocks, block{Items: items}) }

// fill puts words in the place of what stands in braces; what it puts there is not looked at again. Every sentence may name the organisation.
func (w *writer) fill(template string, pairs ...string) string {
	pairs = append(pairs, "{org}", invite.OneLine(w.house.Org, invite.MaxName), "{program}", invite.OneLine(w.house.Program, invite.MaxName),
		"{tenant}", string(w.house.Tenant), "{told}", strconv.Itoa(w.Facts.Told))
	return strings.NewReplacer(pairs...).Replace(template)
}

// subject fills a subject and sees to its length: first the organisation's name gives way, then the end.
func (w *writer) subject(template string, pairs ...string) string {
	org := invite.OneLine(w.house.Org, invite.MaxName)
	whole := w.fill(template, append(pairs, "{org}", org)...)
	if over := len([]rune(whole)) - maxSubject; over > 0 {
		org = invite.Cut(org, max(12, len([]rune(org))-over))
		whole = w.fill(template, append(pairs, "{org}", org)...)
	}
	return invite.Cut(whole, maxSubject)
}

func (w *writer) greet() {
	if name := invite.OneLine(w.To.Name, invite.MaxName); name != "" {
		w.say(w.helloName, "{name}", name)
		return
	}
	w.say(w.hello)
}

// moment writes a time in the tenant's zone.
func (w *writer) moment(t time.Time) string {
	t = t.In(w.zone)
	return strings.NewReplacer("{day}", invite.LongDay(w.locale, t), "{hour}", t.Format("15"), "{h}", strconv.Itoa(t.Hour()), "{minute}", t.Format("04"),
		"{zone}", w.zone.String()).Replace(w.words.moment)
}

func (w *writer) refused() (subject string) {
	file, received := fileName(w.Facts.File), w.moment(w.Facts.ReceivedAt)
	w.greet()
	w.say(w.refusedLead, "{file}", file, "{received}", received)
	switch {
	case w.To.Role != tenant.CSM:
	case w.Facts.Told > 0:
		w.say(w.copyTold)
	default:
		w.say(w.copyNobody)
	}
	w.findings()
	w.compareColumns()
	w.heading(w.remedies)
	w.items(w.doCorrect, w.doCheck)
	w.receipt(w.doRead, file)
	return w.refusedSubject()
}

// refusedSubject names the first thing that is wrong.
func (w *writer) refusedSubject() string {
	if len(w.Facts.Findings) == 0 {
		return w.subject(w.refusedSubjectPlain)
	}
	f := w.Facts.Findings[0]
	reason, ok := w.reasons[string(f.Code)+"/"+f.Variant]
	if !ok {
		reason, ok = w.reasons[string(f.Code)]
	}
	if !ok {
		return w.subject(w.refusedSubjectPlain)
	}
	reason = strings.ReplaceAll(reason, "{column}", invite.OneLine(f.Column, 30))
	return w.subject(w.words.refusedSubject, "{reason}", reason)
}

func (w *writer) findings() {
	if len(w.Facts.Findings) == 0 {
		return
	}
	w.heading(w.wrong)
	sentences := make([]string, len(w.Facts.Findings))
	for i, f := range w.Facts.Findings {
		sentences[i] = invite.Cut(wording.Sentence(w.locale, f.domain()), maxText) // it is one line already
	}
	w.items(sentences...)
	if more := w.Facts.Problems - len(sentences); more > 0 {
		w.say(w.wrongMore, "{more}", strconv.Itoa(more))
	}
}

// compareColumns shows what was expected beside what was found.
func (w *writer) compareColumns() {
	if len(w.Facts.Missing) == 0 {
		return
	}
	w.heading(w.columns)
	lines := []string{w.fill(w.expected, "{list}", w.titles(w.Facts.Expected)), w.fill(w.missing, "{list}", w.titles(w.Facts.Missing))}
	if len(w.Facts.Foreign) > 0 {
		lines = append(lines, w.fill(w.foreign, "{list}", w.titles(w.Facts.Foreign)))
	}
	w.items(lines...)
}

func (w *writer) titles(titles []string) string {
	quoted := make([]string, len(titles))
	for i, title := range titles {
		quoted[i] = strings.ReplaceAll(w.quote, "{title}", invite.OneLine(title, invite.MaxName))
	}
	if len(titles) == toldColumns {
		quoted = append(quoted, w.andMore)
	}
	return strings.Join(quoted, w.list)
}

func (w *writer) late() (subject string) {
	w.greet()
	w.say(w.lateLead, "{due}", w.moment(w.Facts.Due))
	w.whatIsKnown()
	w.heading(w.check)
	w.items(w.checkExport, w.checkLog, w.checkName)
	if manager := w.manager(); manager != "" {
		w.say(w.schedule, "{manager}", manager)
	} else {
		w.say(w.scheduleNobody)
	}
	w.say(w.once)
	return w.subject(w.lateSubject, "{day}", w.day())
}

func (w *writer) stillLate() (subject string) {
	w.greet()
	w.say(w.stillLead, "{due}", w.moment(w.Facts.Due))
	if w.Facts.Told > 0 && !w.Facts.ToldAt.IsZero() {
		w.say(w.stillTold, "{at}", w.moment(w.Facts.ToldAt))
	} else {
		w.say(w.stillNobody)
	}
	w.whatIsKnown()
	w.heading(w.remedies)
	w.items(w.fill(w.doAsk), w.doSchedule, w.fill(w.doPause))
	w.say(w.once)
	return w.subject(w.stillSubject, "{day}", w.day())
}

// whatIsKnown lists what helps to find out where the file is.
func (w *writer) whatIsKnown() {
	f := w.Facts
	w.heading(w.known)
	lines := []string{w.noFile}
	if f.LastFile != "" {
		lines[0] = w.fill(w.lastFile, "{file}", fileName(f.LastFile), "{at}", w.moment(f.LastReceivedAt))
	}
	if f.RefusedFile != "" {
		lines = append(lines, w.fill(w.refusedFile, "{file}", fileName(f.RefusedFile), "{at}", w.moment(f.RefusedAt)))
	}
	if f.LastLogin.IsZero() {
		lines = append(lines, w.noLogin)
	} else {
		lines = append(lines, w.fill(w.lastLogin, "{at}", w.moment(f.LastLogin)))
	}
	if !f.AwayTo.IsZero() {
		lines = append(lines, w.fill(w.away, "{from}", w.moment(f.AwayFrom), "{to}", w.moment(f.AwayTo)))
	}
	w.items(lines...)
}

func (w *writer) arrived() (subject string) {
	file := fileName(w.Facts.File)
	w.greet()
	w.say(w.arrivedLead, "{due}", w.moment(w.Facts.Due), "{file}", file, "{received}", w.moment(w.Facts.ReceivedAt))
	w.receipt(w.arrivedNext, file)
	return w.subject(w.arrivedSubject, "{day}", w.day())
}

// day is the due day as a subject has it.
func (w *writer) day() string { return invite.ShortDay(w.locale, w.Facts.Due.In(w.zone)) }

// manager names the customer success manager; "" where there is none.
func (w *writer) manager() string {
	name := invite.OneLine(w.house.Manager.Name, invite.MaxName)
	switch {
	case w.house.Manager.Email == "":
		return ""
	case name == "":
		return w.house.Manager.Email
	}
	return name + " (" + w.house.Manager.Email + ")"
}

// farewell says whom to ask and why the mail came. A manager is not sent to a manager.
func (w *writer) farewell() {
	why := w.why
	switch {
	case w.To.Role == tenant.CSM:
		why = w.whyManager
	case w.manager() != "":
		w.say(w.help, "{manager}", w.manager())
	default:
		w.say(w.helpNobody)
	}
	w.blocks = append(w.blocks, block{Text: w.fill(why, "{role}", w.roles[w.To.Role]), Quiet: true})
}
