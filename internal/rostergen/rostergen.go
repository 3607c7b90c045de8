// Package rostergen makes up companies and writes their rosters, for the demo, the tests and the benchmarks.
//
// A company is a function of its seed and the calls made on it: the same ones give the same bytes on every machine. Its people have names of many
// languages, six-digit unique IDs with leading zeros, addresses at example domains, supervisors who are people of the same roster, and cells
// that need quoting. About 5 % are not eligible and 2 % on leave.
//
// [Company.Next] moves the company on by a month and says who did what, so that a test knows what a diff has to find. It touches nobody else: only people without
// reports leave, and names stay, since a supervisor's name stands in other people's rows.
//
// A person takes 32 bytes; texts are looked up and put together when they are asked for, so that a company of ten million fits into memory.
package rostergen

import (
	"math/rand/v2"
	"time"
)

// A Company is a made-up organisation. It is used by one goroutine.
type Company struct {
	rng     *rand.Rand
	all     []person // everybody who ever was, by number; leavers stay for the sake of who remembers them
	present []int32  // numbers of those in the roster, in its order
	today   int32    // day of the roster
}

// A person is one made-up employee. Its fields are places in the tables of words.
type person struct {
	number             int32
	supervisor         int32 // number; -1 for the head of the company
	hired, role        int32 // days, see day
	first, last        uint16
	department, city   uint8
	job, unit          uint8
	level, address     uint8
	reports, inactive  bool
	ineligible, french bool
	leader, potential  bool
}

const (
	firstDay     = 9132 // 2025-01-01, the day of the first roster
	span         = 8    // people who report to one
	ineligibleIn = 20
	inactiveIn   = 50
)

// New returns a company of so many people; the first of them heads it.
func New(seed uint64, people int) *Company {
	c := &Company{rng: rand.New(rand.NewPCG(seed, 0x5EED)), today: firstDay, all: make([]person, 0, people)}
	for i := range people {
		p := c.hire(int32((i-1)/span), firstDay-int32(c.rng.IntN(9000)))
		if i == 0 {
			p.supervisor, p.level = -1, uint8(len(levels)-1)
			continue
		}
		p.ineligible = c.rng.IntN(ineligibleIn) == 0
		p.inactive = c.rng.IntN(inactiveIn) == 0
	}
	return c
}

// hire adds a person who reports to the one with the given number.
func (c *Company) hire(supervisor, hired int32) *person {
	culture := cultures[pick(c.rng, cultureWeights)]
	p := person{
		number: int32(len(c.all)), supervisor: supervisor, hired: hired,
		role:  hired + int32(c.rng.IntN(int(c.today-hired)+1)),
		first: culture.firsts.pick(c.rng), last: culture.lasts.pick(c.rng), french: culture.french,
		department: uint8(c.rng.IntN(len(departments))), city: uint8(c.rng.IntN(len(cities))),
		job: uint8(c.rng.IntN(len(jobs))), unit: uint8(c.rng.IntN(len(units))),
		level: uint8(c.rng.IntN(len(levels) - 1)), potential: c.rng.IntN(10) == 0,
	}
	c.all = append(c.all, p)
	c.present = append(c.present, p.number)
	if supervisor >= 0 && supervisor != p.number {
		c.all[supervisor].reports, c.all[supervisor].leader = true, true
	}
	return &c.all[p.number]
}

// Len returns the number of people in the roster.
func (c *Company) Len() int { return len(c.present) }

// Date returns the day of the roster.
func (c *Company) Date() time.Time { return date(c.today) }

// People returns who is in the roster now, in its order.
func (c *Company) People() []Person {
	people := make([]Person, len(c.present))
	for i, n := range c.present {
		people[i] = c.at(n)
	}
	return people
}

func (c *Company) at(number int32) Person { return Person{person: c.all[number], company: c} }

// pick returns a place in weights, each as likely as its weight says.
func pick(rng *rand.Rand, weights []int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	n := rng.IntN(total)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}

var epoch = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// date returns the day that is so many days after 2000-01-01.
func date(days int32) time.Time { return epoch.AddDate(0, 0, int(days)) }
