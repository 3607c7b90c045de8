package courier

import (
	"context"
	"time"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/notice"
)

// A pile is what a run sends: one of the two outboxes.
type pile interface {
	// turnOver settles one mail and claims the next, once; either may be nil.
	turnOver(context.Context, *invite.Settlement, *invite.Claim) (parcel, bool, error)
	// count adds a recorded result to the report; nil adds nothing.
	count(*invite.Settlement)
}

// A parcel is a claimed mail of either pile.
type parcel struct {
	id, owner string
	tries     int
	compose   func() (invite.Envelope, invite.Message, error)
	settle    func(try invite.Attempt, now time.Time) invite.Settlement
}

// notices are the mails to contacts.
type notices struct{ *run }

func (n notices) turnOver(ctx context.Context, result *invite.Settlement, claim *invite.Claim) (parcel, bool, error) {
	mail, ok, err := n.Outbox.SettleAndClaimNotice(ctx, n.job.Tenant, result, claim, n.Clock.Now())
	return parcel{
		id: mail.ID, owner: mail.Owner, tries: mail.Tries,
		compose: func() (invite.Envelope, invite.Message, error) { return n.compose(mail) },
		settle:  func(try invite.Attempt, now time.Time) invite.Settlement { return notice.Settle(mail, try, now) },
	}, ok, err
}

// compose writes the mail. What contacts answer goes to their customer success manager.
func (n notices) compose(mail notice.Claimed) (invite.Envelope, invite.Message, error) {
	e := invite.Envelope{ID: mail.ID, Kind: mail.Kind, To: mail.To.Email, Import: mail.Import, Date: n.Clock.Now()}
	if manager := n.job.Manager; manager.Email != mail.To.Email {
		e.ReplyTo = manager.Email
	}
	message, err := notice.Compose(mail, notice.House{Tenant: n.job.Tenant, Org: n.job.Org, Program: n.settings.Program, Manager: n.job.Manager})
	return e, message, err
}

func (n notices) count(result *invite.Settlement) {
	if result == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.report.Notices.add(result.State)
}

// invitations are the mails to members.
type invitations struct{ *run }

func (i invitations) turnOver(ctx context.Context, result *invite.Settlement, claim *invite.Claim) (parcel, bool, error) {
	mail, ok, err := i.Outbox.SettleAndClaimMail(ctx, i.job.Tenant, result, claim, i.Clock.Now())
	return parcel{
		id: mail.ID, owner: mail.Owner, tries: mail.Tries,
		compose: func() (invite.Envelope, invite.Message, error) { return i.compose(mail, claim.Token) },
		settle:  func(try invite.Attempt, now time.Time) invite.Settlement { return invite.Settle(mail, try, now) },
	}, ok, err
}

// compose writes the mail. Its links are made of the token, which is in no log and no row.
func (i invitations) compose(mail invite.Claimed, token invite.Token) (invite.Envelope, invite.Message, error) {
	now := i.Clock.Now()
	until := now.Add(i.settings.Valid)
	if zone := i.job.Policy.Zone; zone != nil {
		until = until.In(zone)
	}
	unsubscribe := i.settings.BaseURL + "/unsubscribe/" + string(token)
	message, err := invite.Invitation(invite.Facts{
		Org: i.job.Org, Program: i.settings.Program, FirstName: mail.FirstName, Locale: mail.Locale,
		AcceptURL: i.settings.BaseURL + "/invitation/" + string(token), UnsubscribeURL: unsubscribe, Until: until,
	})
	return invite.Envelope{
		ID: mail.ID, Kind: mail.Kind, To: mail.To, Import: mail.Import, Date: now, UnsubscribeURL: unsubscribe,
	}, message, err
}

func (i invitations) count(result *invite.Settlement) {
	if result == nil {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.report.add(result.State)
	if result.State == invite.Delivered && i.progress != nil {
		i.progress(i.report.Delivered)
	}
}

// add counts a mail by the state that it was settled in.
func (t *Tally) add(state invite.State) {
	switch state {
	case invite.Delivered:
		t.Delivered++
	case invite.Failed:
		t.Failed++
	case invite.Waiting:
		t.Retry++
	case invite.Unknown:
		t.Unknown++
	}
}
