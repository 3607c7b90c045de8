package diff

import (
	"sync/atomic"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// absent reports whether a member, whom a roster brought, is in no row, and in none that was set aside as far as is known.
func (c *comparison) absent(i int) bool {
	return c.members.flags[i]&(memberTaken|memberProtected|memberDeleted|memberFromRoster) == memberFromRoster
}

// staysRemoved reports whether being absent changes nothing about a member.
func (c *comparison) staysRemoved(i int) bool {
	return c.People.Missing == tenant.MissingKeep || c.removal == changeset.Deactivate && c.members.flags[i]&memberDeactivated != 0
}

// missing reports whether a member is to be removed, as far as is known before conflicts are set aside and unless the tenant's file protects the person.
func (c *comparison) missing(i int) bool { return c.absent(i) && !c.staysRemoved(i) }

// removeMember stores the removal of a member who is missing, or notes that the tenant's file protects the person. The removal of somebody whom a conflict protects in the end is left out on reading.
func (c *comparison) removeMember(w *changeWriter, b *batch.Members, i int, place int32) error {
	if len(c.protect) > 0 && c.protect[roster.FoldEmail(b.Email.Text(i))] {
		c.spared.setShared(int(place))
		return nil
	}
	d := w.begin()
	d.op, d.removal, d.member, d.version, d.about = c.removal, true, batch.MemberID(b.IDs[16*i:16*i+16]), b.Version[i], place
	d.uniqueID, d.email = b.UniqueID.Bytes(i), b.Email.Bytes(i)
	d.name = c.nameHash(string(c.layout.value(b, roster.FirstName, i)), string(c.layout.value(b, roster.LastName, i)))
	return w.store()
}

// setShared is set for many goroutines at once.
func (b placeSet) setShared(i int) { atomic.OrUint64(&b[i>>6], 1<<(i&63)) }

// protectedSet are the members whom somebody set aside may be.
func (s *memberSide) protectedSet() placeSet {
	b := newPlaceSet(len(s.flags))
	for i, f := range s.flags {
		if f&memberProtected != 0 {
			b.set(i)
		}
	}
	return b
}
