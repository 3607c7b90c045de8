package diff

// settleMatches says whom each row matches, and counts for each member the rows that do. Whom a row that was set aside may be about is protected.
func (c *comparison) settleMatches() {
	for i, s := range c.rows.state {
		switch {
		case s&rowDropped != 0:
		case s&rowAside != 0:
			c.members.protect(c.rows.member[i])
			c.members.protect(c.rows.holder[i])
		default:
			c.settleMatch(i)
		}
	}
}

func (c *comparison) settleMatch(i int) {
	m := c.rows.member[i]
	if m != none {
		c.rows.state[i] |= rowByID
	} else if m = c.rows.holder[i]; m != none {
		c.rows.member[i] = m
	} else {
		return
	}
	f := &c.members.flags[m]
	*f |= *f & memberTaken * (memberTakenMore / memberTaken)
	*f |= memberTaken
	if c.rows.state[i]&rowHasID == 0 {
		*f |= memberVague
	}
}

func (s *memberSide) protect(place int32) {
	if place != none {
		s.flags[place] |= memberProtected
	}
}

// openRows marks the rows whose values have to be looked at: all of whom it is not sure that they change nothing, and those aside that name somebody, so that it is seen whether they really do.
func (c *comparison) openRows() {
	for i, s := range c.rows.state {
		switch {
		case s&rowDropped != 0:
		case s&rowAside != 0:
			if c.rows.member[i] != none || c.rows.holder[i] != none {
				c.rows.state[i] |= rowOpen
			}
		case !c.unchanged(i):
			c.rows.state[i] |= rowOpen
		}
	}
}

// unchanged reports whether a row surely changes nothing: it says what its member has, its address is its member's alone, no other row is about that member, and there is
// nothing about the member that a row which changes no field would change.
func (c *comparison) unchanged(i int) bool {
	s, m := c.rows.state[i], c.rows.member[i]
	if s&rowSame == 0 || m == none || m != c.rows.holder[i] || s&(rowByID|rowHasID) == rowHasID {
		return false
	}
	return c.members.flags[m]&(memberSettled|memberTakenMore) == memberSettled
}

// unmatched counts the rows set aside that match nobody by the one identifier that can be read of them: the row may be about somebody who is known by the other one, or
// whose address is mistyped in it. Rows of one number are one.
func (c *comparison) unmatched() int {
	n := 0
	const matched = rowOpen
	var row uint16 // what is known of the rows of the number so far
	counts := func() int {
		if id, email := row&rowHasID != 0, row&rowHasEmail != 0; row&matched == 0 && id != email {
			return 1
		}
		return 0
	}
	for _, s := range c.rows.state {
		if s&(rowDropped|rowAside) != rowAside {
			continue
		}
		if s&rowRepeats == 0 {
			n += counts()
			row = 0
		}
		row |= s & (rowHasID | rowHasEmail | matched)
	}
	return n + counts()
}
