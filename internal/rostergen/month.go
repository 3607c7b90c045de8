package rostergen

// A Delta says how many people do what in a month. No one does two things. Where fewer people can do a thing than are asked for, fewer do.
type Delta struct {
	Joiners       int // new people, all active and eligible
	Leavers       int // gone from the roster; none of them has reports
	Changed       int // one to three fields change, neither name nor state
	OnLeave       int // active people become inactive
	BackFromLeave int // inactive people become active
	NewAddress    int // the address changes, under the same unique ID
}

// A Move is a person before and after.
type Move struct{ Before, After Person }

// A Month is who did what. People are as they are after the month; leavers as they were.
type Month struct {
	Joiners, Leavers                            []Person
	Changed, OnLeave, BackFromLeave, NewAddress []Move
}

// Next moves the company on by a month.
func (c *Company) Next(d Delta) Month {
	c.today += 30
	var m Month
	taken := map[int32]bool{0: true}
	m.Leavers = c.leave(c.choose(d.Leavers, taken, func(p person) bool { return !p.reports }))
	m.OnLeave = c.move(c.choose(d.OnLeave, taken, func(p person) bool { return !p.inactive }), func(p *person) { p.inactive = true })
	m.BackFromLeave = c.move(c.choose(d.BackFromLeave, taken, func(p person) bool { return p.inactive }), func(p *person) { p.inactive = false })
	m.NewAddress = c.move(c.choose(d.NewAddress, taken, anybody), func(p *person) { p.address++ })
	m.Changed = c.move(c.choose(d.Changed, taken, anybody), c.change)
	for range d.Joiners {
		p := c.hire(c.boss(), c.today-int32(c.rng.IntN(30)))
		m.Joiners = append(m.Joiners, c.at(p.number))
	}
	return m
}

// boss returns somebody who has reports already: a first report would change the person's manager status.
func (c *Company) boss() int32 {
	for range 10_000 {
		if n := c.present[c.rng.IntN(len(c.present))]; c.all[n].reports {
			return n
		}
	}
	return 0
}

func anybody(person) bool { return true }

// choose returns n people of the roster whom fits, none of them taken, and takes them.
func (c *Company) choose(n int, taken map[int32]bool, fits func(person) bool) []int32 {
	var chosen []int32
	for _, i := range c.rng.Perm(len(c.present)) {
		if len(chosen) == n {
			break
		}
		if number := c.present[i]; !taken[number] && fits(c.all[number]) {
			taken[number] = true
			chosen = append(chosen, number)
		}
	}
	return chosen
}

func (c *Company) leave(numbers []int32) []Person {
	gone := make(map[int32]bool, len(numbers))
	people := make([]Person, len(numbers))
	for i, n := range numbers {
		gone[n], people[i] = true, c.at(n)
	}
	kept := make([]int32, 0, len(c.present))
	for _, n := range c.present {
		if !gone[n] {
			kept = append(kept, n)
		}
	}
	c.present = kept
	return people
}

func (c *Company) move(numbers []int32, how func(*person)) []Move {
	moves := make([]Move, len(numbers))
	for i, n := range numbers {
		before := c.at(n)
		how(&c.all[n])
		moves[i] = Move{Before: before, After: c.at(n)}
	}
	return moves
}

// change gives a person a new department, city or job, or several of them.
func (c *Company) change(p *person) {
	which := 1 + c.rng.IntN(7)
	if which&1 != 0 {
		p.department = other(p.department, c.rng.IntN(len(departments)), len(departments))
	}
	if which&2 != 0 {
		p.city = other(p.city, c.rng.IntN(len(cities)), len(cities))
	}
	if which&4 != 0 {
		p.job, p.role = other(p.job, c.rng.IntN(len(jobs)), len(jobs)), c.today
	}
}

// other returns next, or the place after it where it is the present one.
func other(now uint8, next, n int) uint8 {
	if int(now) == next {
		return uint8((next + 1) % n)
	}
	return uint8(next)
}
