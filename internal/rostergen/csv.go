package rostergen

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"rollcall.internal/internal/roster"
)

// A Column is a column of the rosters written here.
type Column struct {
	Title string
	Field roster.Field
}

// Columns returns the columns in their order: every one of the hub's guide but the reason code.
func Columns() []Column {
	return []Column{
		{"First Name", roster.FirstName}, {"Last Name", roster.LastName}, {"Email Address", roster.Email}, {"Unique ID", roster.UniqueID},
		{"Program Eligibility", roster.ProgramEligibility}, {"Status", roster.Status}, {"Job Function", roster.JobFunction},
		{"Job Family", roster.JobFamily}, {"Management Level", roster.ManagementLevel}, {"Hire Start Date", roster.HireStartDate},
		{"Most Recent Role Start Date", roster.MostRecentRoleStartDate}, {"Business Unit", roster.BusinessUnit},
		{"Supervisor Organization", roster.SupervisorOrganization}, {"Department", roster.Department}, {"City", roster.City},
		{"Country", roster.Country}, {"People Manager Status", roster.PeopleManagerStatus}, {"High Potential Status", roster.HighPotentialStatus},
		{"First Level Supervisor", roster.FirstLevelSupervisor}, {"Second Level Supervisor", roster.SecondLevelSupervisor},
		{"Third Level Supervisor", roster.ThirdLevelSupervisor}, {"Locale", roster.Locale},
	}
}

// FileName returns the name that the guide gives a roster of that day.
func FileName(organization string, day time.Time) string {
	return fmt.Sprintf("10KC Membership File - %s - All Active Personnel - %s.csv", organization, day.Format("01.02.2006"))
}

// WriteCSV writes the roster as a customer's file: UTF-8, CRLF, dates as MM/DD/YYYY.
func (c *Company) WriteCSV(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<20)
	columns := Columns()
	titles := make([]string, len(columns))
	for i, column := range columns {
		titles[i] = column.Title
	}
	out.WriteString(strings.Join(titles, ",") + "\r\n")
	dates := newDates(c.today)
	var line []byte
	for _, n := range c.present {
		line = c.at(n).appendLine(line[:0], columns, dates)
		if _, err := out.Write(line); err != nil {
			return fmt.Errorf("write roster: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write roster: %w", err)
	}
	return nil
}

// dates are the days up to today as a file writes them: putting a date together for every cell would take longer than all the rest.
type dates []string

func newDates(today int32) dates {
	d := make(dates, today+1)
	for i := range d {
		d[i] = date(int32(i)).Format("01/02/2006")
	}
	return d
}

func (p Person) appendLine(line []byte, columns []Column, dates dates) []byte {
	for i, column := range columns {
		if i > 0 {
			line = append(line, ',')
		}
		switch column.Field {
		case roster.Email:
			line = p.appendAddress(line)
		case roster.UniqueID:
			line = fmt.Appendf(line, "%06d", p.number+1)
		case roster.HireStartDate:
			line = append(line, dates[p.hired]...)
		case roster.MostRecentRoleStartDate:
			line = append(line, dates[p.role]...)
		default:
			line = appendCell(line, p.Value(column.Field))
		}
	}
	return append(line, '\r', '\n')
}

func appendCell(line []byte, text string) []byte {
	if !strings.ContainsAny(text, ",\"\r\n") {
		return append(line, text...)
	}
	line = append(line, '"')
	line = append(line, strings.ReplaceAll(text, `"`, `""`)...)
	return append(line, '"')
}
